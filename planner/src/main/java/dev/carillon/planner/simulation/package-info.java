/**
 * A cluster over time: nodes that fail, drain and start, clients that reconnect in cohorts, a broker that goes away. Uses the model of
 * {@code planner}. One thread, a seeded random generator and a clock of its own: the same seed gives the same run.
 */
@NullMarked
package dev.carillon.planner.simulation;

import org.jspecify.annotations.NullMarked;
