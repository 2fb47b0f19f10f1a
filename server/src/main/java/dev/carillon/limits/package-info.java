/** The memory that clients may use on a node. Uses {@code base}. Thread-safe; never blocks. */
@NullMarked
package dev.carillon.limits;

import org.jspecify.annotations.NullMarked;
