/**
 * Sockets below the JDK: one buffer to many of them, by the system's own calls, without a look at the objects that stand for them. Only on
 * Linux, and only where the JVM lets it; everything works without.
 */
@NullMarked
package dev.carillon.socket;

import org.jspecify.annotations.NullMarked;
