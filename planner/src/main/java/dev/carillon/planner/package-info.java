/**
 * How many nodes a cluster needs. Owns the model that multiplies workload and calibration, and the search for the number of nodes. Uses
 * {@code planner.calibration} and {@code planner.workload}; no clock, no file, no thread: the same input gives the same plan.
 */
@NullMarked
package dev.carillon.planner;

import org.jspecify.annotations.NullMarked;
