/**
 * Event sources of the node: which ones it has, which node reads each, and how a message becomes a broadcast. May use {@code source}, {@code stream} for the
 * form of a broadcast, and {@code lease}. Each source has a thread of its own, which blocks.
 */
@NullMarked
package dev.carillon.source.intake;

import org.jspecify.annotations.NullMarked;
