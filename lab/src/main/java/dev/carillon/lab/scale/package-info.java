/**
 * Sweeps over the size and the shape of a cluster: points, the run of a point, early ends, files that a later run continues, and the search for
 * the highest rate within a latency bound. Each point starts processes of its own; a sweep blocks its thread. Uses {@code lab.bench}.
 */
@NullMarked
package dev.carillon.lab.scale;

import org.jspecify.annotations.NullMarked;
