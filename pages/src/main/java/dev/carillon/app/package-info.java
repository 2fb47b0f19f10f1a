/**
 * Live pages: an {@link dev.carillon.app.App} has pages; each open tab is a context with signals, actions and views. Composes the packages of this
 * module to an extension of a node. Runs on virtual threads and may block.
 */
@NullMarked
package dev.carillon.app;

import org.jspecify.annotations.NullMarked;
