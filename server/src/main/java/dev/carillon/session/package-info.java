/** Data of browsers' sessions, in the store of the cluster. Uses {@code broker}; blocks on no thread. */
@NullMarked
package dev.carillon.session;

import org.jspecify.annotations.NullMarked;
