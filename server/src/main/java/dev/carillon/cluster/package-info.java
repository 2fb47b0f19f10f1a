/** Which nodes there are, and which cluster they are. Knows no HTTP. */
@NullMarked
package dev.carillon.cluster;

import org.jspecify.annotations.NullMarked;
