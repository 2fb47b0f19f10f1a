/** What work costs: figures with their spread and origin. Uses {@code planner.base}. */
@NullMarked
package dev.carillon.planner.calibration;

import org.jspecify.annotations.NullMarked;
