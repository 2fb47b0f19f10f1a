/**
 * Auto-configuration of Spring Boot for the client of a cluster: the client, its health, and emitters of server-sent events, which one connection of the application feeds.
 * Uses the client's public package. The connection reads on one virtual thread, which passes events to the queues of the emitters and does not block; each
 * emitter writes on a virtual thread of its own.
 */
@NullMarked
package dev.carillon.spring;

import org.jspecify.annotations.NullMarked;
