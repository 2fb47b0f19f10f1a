/** What all commands share: the console, options made from settings, exit statuses, the reaction to signals. No class depends on a command. */
@NullMarked
package dev.carillon.cli.base;

import org.jspecify.annotations.NullMarked;
