/**
 * Starts, drains and stops a node, and composes the other packages; the only package that may use all of them. Applications embed {@link
 * dev.carillon.node.Node}.
 */
@NullMarked
package dev.carillon.node;

import org.jspecify.annotations.NullMarked;
