/**
 * Contexts: the server-side state of one open tab or client each, their registry, who owns them, and how they live on for a
 * while without a connection. May use {@code broker}. Thread-safe; never blocks.
 */
@NullMarked
package dev.carillon.context;

import org.jspecify.annotations.NullMarked;
