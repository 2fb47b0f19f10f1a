/**
 * Foundations for every package: settings and their checks, error codes, checks of text, and the platform that provides clocks, randomness and
 * threads. Uses no other package. Its only state and thread are those of the timer of the platform.
 */
@NullMarked
package dev.carillon.base;

import org.jspecify.annotations.NullMarked;
