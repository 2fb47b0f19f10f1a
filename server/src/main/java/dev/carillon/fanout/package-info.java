/**
 * Delivers each event to the connections of this node. Every I/O thread has a worker that owns the connections of that thread and one
 * membership list per scope. An event is encoded once per wire format; a connection whose socket is full gets a bounded outbox.
 *
 * <p>May use {@code feed}, {@code context}, {@code auth} and {@code socket}; knows no HTTP. A worker and its connections are confined to their
 * I/O thread; everything else is thread-safe. {@link FanOut} explains why delivery is correct.
 */
@NullMarked
package dev.carillon.fanout;

import org.jspecify.annotations.NullMarked;
