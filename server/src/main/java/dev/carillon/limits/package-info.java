/** The memory that clients may use on a node, and queues with bounded concurrency. Uses {@code base}. Thread-safe; never blocks. */
@NullMarked
package dev.carillon.limits;

import org.jspecify.annotations.NullMarked;
