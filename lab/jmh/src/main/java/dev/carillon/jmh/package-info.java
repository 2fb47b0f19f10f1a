/**
 * Micro benchmarks of what is done once for an event or a connection: by fan-out, and by the index of templates. Uses only what {@code fanout}
 * and {@code scope} show to other rooms.
 */
@NullMarked
package dev.carillon.jmh;

import org.jspecify.annotations.NullMarked;
