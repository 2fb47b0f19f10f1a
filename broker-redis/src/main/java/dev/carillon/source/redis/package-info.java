/** The event source over a Redis stream. May use {@code source} only. A session is used by one thread, which blocks. */
@NullMarked
package dev.carillon.source.redis;

import org.jspecify.annotations.NullMarked;
