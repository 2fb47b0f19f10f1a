/**
 * Starts, readies, drains and stops a node, and composes the other rooms into one; the only room that may use all of them.
 * {@link dev.carillon.node.Node} is what applications embed.
 */
@NullMarked
package dev.carillon.node;

import org.jspecify.annotations.NullMarked;
