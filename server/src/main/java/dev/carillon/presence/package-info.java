/**
 * Presence: which users are in a scope, on all nodes. Each node records in the broker's store the users that are connected to it; the node that records a
 * user first announces the join, the one that removes the user last announces the leave. May use {@code auth}, {@code cluster} and {@code limits}.
 * Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.presence;

import org.jspecify.annotations.NullMarked;
