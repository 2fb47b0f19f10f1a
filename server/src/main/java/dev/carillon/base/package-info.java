/**
 * What every room may use: configuration keys and their checks, error codes, checks of text, and the platform by which clocks,
 * randomness and threads enter. Uses no other room. Holds no state, and no thread but that of the platform's timer.
 */
@NullMarked
package dev.carillon.base;

import org.jspecify.annotations.NullMarked;
