/**
 * Results as text tables, JSON, charts and pages that need nothing else. Pure. Uses {@code lab.load} and {@code lab.faults}, whose results it
 * shows.
 */
@NullMarked
package dev.carillon.lab.report;

import org.jspecify.annotations.NullMarked;
