/**
 * The commands {@code plan} and {@code bench calibrate}: read options and files, call the planner, and write what it says. Uses
 * {@code cli.base}, the planner and benchmarks of the lab.
 */
@NullMarked
package dev.carillon.cli.plan;

import org.jspecify.annotations.NullMarked;
