/**
 * Micro benchmarks of the fan-out and the template index. Uses only types that {@code fanout} and {@code scope} offer to other packages.
 */
@NullMarked
package dev.carillon.jmh;

import org.jspecify.annotations.NullMarked;
