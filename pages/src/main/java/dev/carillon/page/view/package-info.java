/**
 * Rendered views and the patches of their changes. A view is rendered again when a signal that it has read changes; a view of a shared scope once per
 * node. Uses {@code page.signal} and {@code patch}. Runs on virtual threads.
 */
@NullMarked
package dev.carillon.page.view;

import org.jspecify.annotations.NullMarked;
