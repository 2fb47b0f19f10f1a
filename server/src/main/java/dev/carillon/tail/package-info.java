/**
 * Events of a tenant as they pass, for operators: each {@link dev.carillon.tail.Tail} has a bounded queue of its own, and private data is hidden unless a client's
 * grants uncover it. Thread-safe.
 */
@NullMarked
package dev.carillon.tail;

import org.jspecify.annotations.NullMarked;
