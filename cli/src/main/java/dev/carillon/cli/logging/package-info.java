/**
 * Parts of the logging configuration, named in {@code logback.xml}: a limit for log lines of libraries, and the end of the process when memory is
 * exhausted. Called on any thread that logs. Uses {@code edge}.
 */
@NullMarked
package dev.carillon.cli.logging;

import org.jspecify.annotations.NullMarked;
