/**
 * The in-memory broker: one server per name, in this process, for one machine and for tests. May use {@code broker}. All state of
 * a server is confined to its one thread, on which listeners are called, too.
 */
@NullMarked
package dev.carillon.broker.memory;

import org.jspecify.annotations.NullMarked;
