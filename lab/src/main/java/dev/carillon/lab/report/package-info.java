/**
 * Results as text tables, charts and pages that need nothing else. Pure; uses the packages whose results it shows.
 */
@NullMarked
package dev.carillon.lab.report;

import org.jspecify.annotations.NullMarked;
