/** The stream of a tab: the patches that wait for it, and its end. Thread-safe; it blocks only where a new stream waits for the end of the one before. */
@NullMarked
package dev.carillon.page.stream;

import org.jspecify.annotations.NullMarked;
