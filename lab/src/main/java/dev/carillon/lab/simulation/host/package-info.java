/** Machines in virtual time: one schedule of tasks for all, clocks, queues, timers and threads of each host, and the story of what happened. For one thread. */
@NullMarked
package dev.carillon.lab.simulation.host;

import org.jspecify.annotations.NullMarked;
