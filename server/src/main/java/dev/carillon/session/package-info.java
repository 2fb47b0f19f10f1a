/** Data of browser sessions, in the store of the broker. Uses {@code broker}; never blocks. */
@NullMarked
package dev.carillon.session;

import org.jspecify.annotations.NullMarked;
