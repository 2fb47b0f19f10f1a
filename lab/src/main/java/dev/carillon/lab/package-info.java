/**
 * Measurements and fault injection on one machine, in the packages below. This package contains only the exception that ends a run. Code runs on
 * the caller's threads unless stated otherwise.
 */
@NullMarked
package dev.carillon.lab;

import org.jspecify.annotations.NullMarked;
