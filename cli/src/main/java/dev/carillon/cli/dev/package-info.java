/**
 * The command {@code dev}: watches the sources of an application, compiles them, and runs what was compiled on a node of this process. One thread watches,
 * builds and replaces; {@link dev.carillon.cli.dev.DevServer} describes the states. Uses {@code cli.base}.
 */
@NullMarked
package dev.carillon.cli.dev;

import org.jspecify.annotations.NullMarked;
