/**
 * The log of the commands: a bounded queue in front of standard error, lines as text or JSON, levels at run time, a limit for log lines of libraries,
 * and the end of the process when memory is exhausted. Its appenders are named in {@code logback.xml} and called on any thread that logs; none
 * blocks. Uses {@code edge}, and {@code base} of the server.
 */
@NullMarked
package dev.carillon.cli.logging;

import org.jspecify.annotations.NullMarked;
