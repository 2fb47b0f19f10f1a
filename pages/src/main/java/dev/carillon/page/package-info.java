/**
 * The API for code of a page: its declaration, signals, actions and views. Uses no other package of this module; {@code page.context} has the
 * implementation. Called on virtual threads.
 */
@NullMarked
package dev.carillon.page;

import org.jspecify.annotations.NullMarked;
