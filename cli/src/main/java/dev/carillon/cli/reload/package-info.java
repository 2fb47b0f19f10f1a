/**
 * Replaces a running server process by a new one that listens on the same ports, without refusing or losing a connection. Linux only. Uses the
 * console of {@code cli.base}, and calls no command.
 */
@NullMarked
package dev.carillon.cli.reload;

import org.jspecify.annotations.NullMarked;
