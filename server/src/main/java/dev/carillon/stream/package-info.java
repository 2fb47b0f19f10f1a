/**
 * The event stream: {@code GET /events} and {@code POST /broadcast}. A face: it translates, the rooms decide. May use {@code
 * http}. Handlers run on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.stream;

import org.jspecify.annotations.NullMarked;
