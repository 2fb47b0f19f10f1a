/**
 * Benchmarks on this machine, and nodes for the load generator. Each starts processes of its own and blocks its thread. Uses {@code lab.load} and
 * {@code lab.cluster}.
 */
@NullMarked
package dev.carillon.lab.bench;

import org.jspecify.annotations.NullMarked;
