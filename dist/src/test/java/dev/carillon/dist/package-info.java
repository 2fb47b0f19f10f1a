/** Tests of the release: its archive, its image, and machines on which it is installed. */
@NullMarked
package dev.carillon.dist;

import org.jspecify.annotations.NullMarked;
