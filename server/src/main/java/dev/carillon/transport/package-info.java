/**
 * How connections are carried: a request that becomes an event stream or a WebSocket is taken over from Undertow, or goes by its response; TLS. May use
 * {@code delivery} and {@code http}. Everything runs on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.transport;

import org.jspecify.annotations.NullMarked;
