/** The dev bar: what pages show of reloads and traces, in development mode alone. Uses {@code page.context} and {@code page.trace}. */
@NullMarked
package dev.carillon.page.dev;

import org.jspecify.annotations.NullMarked;
