/**
 * Formats results as text tables, JSON, charts and self-contained pages. Without side effects. Uses {@code lab.load} and {@code lab.faults}.
 */
@NullMarked
package dev.carillon.lab.report;

import org.jspecify.annotations.NullMarked;
