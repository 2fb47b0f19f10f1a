/** The secrets of a cluster, the operators' token, signatures of requests to the application, and the recognition of key formats. Uses {@code base}. */
@NullMarked
package dev.carillon.secret;

import org.jspecify.annotations.NullMarked;
