/** The event source over RabbitMQ. May use {@code source} only. The client library calls it on its own threads; a session is used by one thread, which blocks. */
@NullMarked
package dev.carillon.source.rabbitmq;

import org.jspecify.annotations.NullMarked;
