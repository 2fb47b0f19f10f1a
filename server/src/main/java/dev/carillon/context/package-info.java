/**
 * Contexts: the server-side state of one open tab or client each, their registry and owners, and their survival of short disconnects. May
 * use {@code broker}. Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.context;

import org.jspecify.annotations.NullMarked;
