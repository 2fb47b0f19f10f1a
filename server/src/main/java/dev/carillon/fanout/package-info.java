/**
 * From one event to the connections of this node: a hub per I/O thread that owns that thread's connections, one list per
 * scope, frames that are encoded once, and a bounded outbox for each connection that lags. May use {@code feed}, {@code context},
 * {@code auth} and {@code socket}; knows no HTTP. A hub and its connections live on their I/O thread; everything else is thread-safe.
 */
@NullMarked
package dev.carillon.fanout;

import org.jspecify.annotations.NullMarked;
