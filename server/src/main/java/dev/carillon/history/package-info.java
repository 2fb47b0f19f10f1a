/**
 * What a connection has before it is live: retained events now, replay later; then live, without gap or duplicate. May use
 * {@code feed} and {@code fanout}. Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.history;

import org.jspecify.annotations.NullMarked;
