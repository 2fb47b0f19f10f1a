/**
 * Reads the events that precede live ones: retained events for new subscribers, missed events for clients that resume, and pages of the
 * history. May use {@code feed} and {@code fanout}. Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.history;

import org.jspecify.annotations.NullMarked;
