/** Clients with event streams, their connections, and broadcasters. For one thread. */
@NullMarked
package dev.carillon.lab.simulation.client;

import org.jspecify.annotations.NullMarked;
