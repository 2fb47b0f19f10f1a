/**
 * The commands: each reads and checks its options and variables, calls the package that does the work, and prints. What goes wrong ends as one
 * line and an exit status: 1 where the world refused, 2 where the command was wrong. Runs on the thread that called main; no class knows
 * {@link Main}. Uses the modules {@code server}, {@code proxy} and {@code lab}.
 */
@NullMarked
package dev.carillon.cli;

import org.jspecify.annotations.NullMarked;
