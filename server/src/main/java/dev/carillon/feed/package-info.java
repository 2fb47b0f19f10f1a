/**
 * The events that reach a node: its interests, joined in batches, and their events, each once and in log order. Sequence checks and
 * comparisons of heads detect missing events, which are filled from the log. May use {@code broker} and {@code limits}. Runs on the
 * broker's threads; never blocks.
 */
@NullMarked
package dev.carillon.feed;

import org.jspecify.annotations.NullMarked;
