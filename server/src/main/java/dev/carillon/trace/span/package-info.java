/**
 * The spans of events and of calls between nodes, in wrappers that exist only while {@code tracing} is {@code on}. A fan-out has one span for each event and
 * node, never one for a connection. Attributes name no data, keys, users, topics or tokens. Uses {@code trace}, {@code broadcast}, {@code feed} and {@code
 * cluster}; runs on the threads of its callers, and never blocks.
 */
@NullMarked
package dev.carillon.trace.span;

import org.jspecify.annotations.NullMarked;
