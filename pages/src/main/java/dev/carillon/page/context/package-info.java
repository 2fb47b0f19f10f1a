/** Contexts of open tabs: their declaration, their signals, actions and views, and their end. Uses {@code page.view}, {@code page.request}, {@code page.journal} and {@code page.task}. Runs on virtual threads and may block. */
@NullMarked
package dev.carillon.page.context;

import org.jspecify.annotations.NullMarked;
