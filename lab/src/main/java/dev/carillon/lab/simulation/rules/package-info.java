/** A small executable form of the rules of {@code model/delivery.pml} that a node's feed and the log keep, for the runs of the simulation. For one thread. */
@NullMarked
package dev.carillon.lab.simulation.rules;

import org.jspecify.annotations.NullMarked;
