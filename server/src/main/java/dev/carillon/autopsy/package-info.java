/**
 * Why an event reached a client or did not. Each node records exceptions only (events left out, gaps, closed connections) and when its feed had each event, in
 * bounded rings; that an event was written follows from positions and memberships. {@link dev.carillon.autopsy.Autopsy} is a node's part, {@link
 * dev.carillon.autopsy.Inquiry} asks all nodes. Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.autopsy;

import org.jspecify.annotations.NullMarked;
