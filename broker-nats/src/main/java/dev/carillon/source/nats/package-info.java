/** The event source over a JetStream stream of NATS. May use {@code source} only. A session is used by one thread, which blocks. */
@NullMarked
package dev.carillon.source.nats;

import org.jspecify.annotations.NullMarked;
