/**
 * Fault runs: a cluster of processes under traffic, faults that befall its nodes, its broker, links and clients, and the outcome. Each run owns
 * its processes and ends them when it is closed; it blocks the thread that runs it. Uses {@code lab.account} and {@code lab.cluster}.
 */
@NullMarked
package dev.carillon.lab.faults;

import org.jspecify.annotations.NullMarked;
