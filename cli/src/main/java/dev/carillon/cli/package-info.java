/**
 * The commands. Each reads and checks its options and variables, calls the package that does the work, and prints. A failure is one line on
 * standard error and an exit status: 1 for a failure of a valid command, 2 for an invalid command. Commands run on the main thread. No class
 * depends on {@link Main}. Uses the modules {@code server}, {@code proxy} and {@code lab}.
 */
@NullMarked
package dev.carillon.cli;

import org.jspecify.annotations.NullMarked;
