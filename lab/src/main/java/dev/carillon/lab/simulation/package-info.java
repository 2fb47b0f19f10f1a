/**
 * The delivery of events in simulation: nodes, broker, clients and broadcasters on one thread, with a seeded schedule, network and clocks, and faults by seed.
 * The nodes run the server's own feed, fan-out, history and delivery; the broker, the network and the clients are simulated. A seed replays exactly.
 */
@NullMarked
package dev.carillon.lab.simulation;

import org.jspecify.annotations.NullMarked;
