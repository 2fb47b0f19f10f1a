/** Code of a page that no request waits for: hooks, timers and handlers, in turn with the actions of the context. Uses {@code page}. Never blocks. */
@NullMarked
package dev.carillon.page.task;

import org.jspecify.annotations.NullMarked;
