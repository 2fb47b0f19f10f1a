/**
 * Wire formats: server-sent events, also compressed and chunked, and WebSocket messages; and the data of gap notices. May use {@code broker}.
 * Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.format;

import org.jspecify.annotations.NullMarked;
