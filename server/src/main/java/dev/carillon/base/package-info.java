/**
 * What every room may use: configuration keys and their checks, error codes, clocks, checks of text. Uses no other room.
 * Holds no thread and no state.
 */
@NullMarked
package dev.carillon.base;

import org.jspecify.annotations.NullMarked;
