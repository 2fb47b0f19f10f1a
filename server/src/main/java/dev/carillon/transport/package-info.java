/**
 * Transports of connections: an event stream or WebSocket on a connection taken over from Undertow, or on an Undertow response; TLS. May
 * use {@code delivery} and {@code http}. Runs on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.transport;

import org.jspecify.annotations.NullMarked;
