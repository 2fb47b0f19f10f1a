/**
 * Values of signals, and which views read them. Signals of a tab are in the memory of the node that owns the context; shared signals are in the store of
 * the broker, and every node has a copy. Uses {@code page} and the public packages of the server. Writes of shared signals block.
 */
@NullMarked
package dev.carillon.page.signal;

import org.jspecify.annotations.NullMarked;
