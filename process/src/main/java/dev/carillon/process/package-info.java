/**
 * Starts and ends child processes: broker servers, TCP relays to them, and the resource usage of processes.
 * Uses no other package of the project.
 */
@NullMarked
package dev.carillon.process;

import org.jspecify.annotations.NullMarked;
