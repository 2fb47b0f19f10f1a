/** Micro benchmarks of what fan-out does once for an event or a connection. Uses only what {@code fanout} shows to other rooms. */
@NullMarked
package dev.carillon.jmh;

import org.jspecify.annotations.NullMarked;
