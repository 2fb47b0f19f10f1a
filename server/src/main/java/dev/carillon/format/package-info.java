/**
 * How events are written to connections: server-sent events, the same compressed or in chunks, WebSocket; and what clients receive of gaps. Uses
 * {@code broker}. Everything here is thread-safe and does not block.
 */
@NullMarked
package dev.carillon.format;

import org.jspecify.annotations.NullMarked;
