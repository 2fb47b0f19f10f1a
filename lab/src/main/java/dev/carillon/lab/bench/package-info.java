/**
 * Benchmarks that compare ways of doing one thing on this machine, each with processes of its own. Run on the thread that called them.
 */
@NullMarked
package dev.carillon.lab.bench;

import org.jspecify.annotations.NullMarked;
