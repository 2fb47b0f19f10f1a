/**
 * The broker over one Redis server, 7.0 or newer: a log, live events and values for each tenant, every change one script. Uses
 * {@code broker}, {@code scope} and {@code base}. Stages complete and listeners of events run on the threads of the client
 * library, which must not block; health is told by the link's own thread.
 */
@NullMarked
package dev.carillon.broker.redis;

import org.jspecify.annotations.NullMarked;
