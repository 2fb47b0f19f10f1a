/** The simulated broker: its log and store, the links of nodes, and what the faults of a link do to messages. For one thread. */
@NullMarked
package dev.carillon.lab.simulation.broker;

import org.jspecify.annotations.NullMarked;
