/** The secrets of a cluster, the operators' token, and the recognition of key formats. Uses {@code base}. */
@NullMarked
package dev.carillon.secret;

import org.jspecify.annotations.NullMarked;
