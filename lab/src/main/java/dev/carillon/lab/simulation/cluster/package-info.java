/** What the faults of a plan need of a simulated cluster, and their injection. For one thread. */
@NullMarked
package dev.carillon.lab.simulation.cluster;

import org.jspecify.annotations.NullMarked;
