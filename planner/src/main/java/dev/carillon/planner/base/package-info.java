/** Numbers with units, and the exception of everything that cannot be planned. Uses nothing. */
@NullMarked
package dev.carillon.planner.base;

import org.jspecify.annotations.NullMarked;
