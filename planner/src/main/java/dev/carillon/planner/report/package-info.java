/** Plans and simulated runs as text, pages, JSON and variables for Terraform. Writes no file. Uses {@code planner} and its simulation. */
@NullMarked
package dev.carillon.planner.report;

import org.jspecify.annotations.NullMarked;
