/**
 * Writes one buffer to many sockets with system calls, without the JDK's channel objects. Works on Linux, if the JVM was started with the option
 * that allows it; otherwise callers use channels.
 */
@NullMarked
package dev.carillon.socket;

import org.jspecify.annotations.NullMarked;
