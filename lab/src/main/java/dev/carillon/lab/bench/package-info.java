/**
 * Benchmarks that compare ways of doing one thing on this machine, and nodes for the load generator, each with processes of its own. They block
 * the thread that runs them. Uses {@code lab.load} and {@code lab.cluster}.
 */
@NullMarked
package dev.carillon.lab.bench;

import org.jspecify.annotations.NullMarked;
