/**
 * The store: small values with revisions in one stream, and the watches of their changes. Uses {@code connection}. Changes arrive on a
 * dispatcher thread of the session.
 */
@NullMarked
package dev.carillon.broker.nats.store;

import org.jspecify.annotations.NullMarked;
