/**
 * Child processes: how they are started and ended, broker servers as child processes, links to them that can be cut, and what a process costs.
 * Uses no other package of the project.
 */
@NullMarked
package dev.carillon.process;

import org.jspecify.annotations.NullMarked;
