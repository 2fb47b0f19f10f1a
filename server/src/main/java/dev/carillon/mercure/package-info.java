/**
 * The Mercure hub at {@code /.well-known/mercure}, in the classic dialect. A face: it translates, the rooms decide. May use {@code
 * http}. Handlers run on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.mercure;

import org.jspecify.annotations.NullMarked;
