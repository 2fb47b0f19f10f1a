/**
 * Fault injection: a cluster of processes under traffic; faults of its nodes, broker, links and clients; and the outcome. A run owns its processes
 * and ends them when it is closed. It blocks its thread. Uses {@code lab.account} and {@code lab.cluster}.
 */
@NullMarked
package dev.carillon.lab.faults;

import org.jspecify.annotations.NullMarked;
