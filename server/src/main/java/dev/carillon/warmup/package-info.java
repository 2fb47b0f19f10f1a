/**
 * Makes a new process open streams of its own before clients come, because the first ones are slow: the JVM has not compiled the code yet. Used once, at the
 * start of a node, on threads that block.
 */
@NullMarked
package dev.carillon.warmup;

import org.jspecify.annotations.NullMarked;
