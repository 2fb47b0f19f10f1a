/** The secrets of a cluster: those that sign cookies and calls, the operator's token, and which text is a key of another kind. Uses {@code base}. */
@NullMarked
package dev.carillon.secret;

import org.jspecify.annotations.NullMarked;
