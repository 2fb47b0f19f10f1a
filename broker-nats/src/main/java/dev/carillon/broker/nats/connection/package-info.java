/**
 * Connections to a NATS server and requests on them: the link that keeps a session open, JetStream's API with time limits, reading of
 * streams, the names of streams and subjects. Uses the broker SPI and {@code scope}. Answers arrive on the reply thread of jnats, on which
 * nothing may block; methods that block say so and run on virtual threads.
 */
@NullMarked
package dev.carillon.broker.nats.connection;

import org.jspecify.annotations.NullMarked;
