/** Runs nodes under load for hours, and determines from samples of their memory whether it grows. */
@NullMarked
package dev.carillon.lab.soak;

import org.jspecify.annotations.NullMarked;
