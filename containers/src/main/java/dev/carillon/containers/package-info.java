/**
 * Servers and containers for tests: one entry point for Redis and NATS ({@link dev.carillon.containers.Servers}), and the command of the container
 * engine. Uses {@code process}; used by tests only.
 */
@NullMarked
package dev.carillon.containers;

import org.jspecify.annotations.NullMarked;
