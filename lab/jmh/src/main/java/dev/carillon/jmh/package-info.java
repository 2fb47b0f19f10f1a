/** Micro benchmarks of fan-out and of the template index, for the costs per event and per connection. Uses only public types of {@code server}. */
@NullMarked
package dev.carillon.jmh;

import org.jspecify.annotations.NullMarked;
