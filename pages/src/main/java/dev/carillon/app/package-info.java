/**
 * Live pages. An {@link dev.carillon.app.App} has pages; each open tab is a context with signals, actions and views. Signals of a tab are in the
 * memory of the node that owns the context; shared signals are in the store of the broker, and every node has a copy. Views are rendered again when a
 * signal that they read changes. Uses {@code patch} and the public packages of the server. Runs on virtual threads and may block.
 */
@NullMarked
package dev.carillon.app;

import org.jspecify.annotations.NullMarked;
