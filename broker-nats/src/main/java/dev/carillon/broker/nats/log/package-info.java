/**
 * The log of a tenant, and the live events that its stream republishes: epochs, appends, reads, ids, retained events, the channel. Uses
 * {@code connection}. Live events arrive on the dispatcher thread of the session; everything that takes several requests is
 * blocking code on a virtual thread.
 */
@NullMarked
package dev.carillon.broker.nats.log;

import org.jspecify.annotations.NullMarked;
