/** What clients may take of a node's memory. Uses {@code base}. Thread-safe; never blocks. */
@NullMarked
package dev.carillon.limits;

import org.jspecify.annotations.NullMarked;
