/** What a run of a simulation does by its seed: its profile, its faults, and the mistakes that can be put in place. For one thread. */
@NullMarked
package dev.carillon.lab.simulation.plan;

import org.jspecify.annotations.NullMarked;
