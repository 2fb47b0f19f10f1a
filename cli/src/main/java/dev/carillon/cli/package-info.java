/**
 * The commands. Options and variables are read and checked here, rooms of the server do the work; what goes wrong ends as one
 * line and an exit status: 1 where the world refused, 2 where the command was wrong. Runs on the thread that called main.
 */
@NullMarked
package dev.carillon.cli;

import org.jspecify.annotations.NullMarked;
