/**
 * What reaches a node: its interests, joined in batches, and their events, each once and in log order, with a check of
 * sequences and a comparison of heads that notice what is missing. May use {@code broker}. Runs on the threads of the broker;
 * never blocks.
 */
@NullMarked
package dev.carillon.feed;

import org.jspecify.annotations.NullMarked;
