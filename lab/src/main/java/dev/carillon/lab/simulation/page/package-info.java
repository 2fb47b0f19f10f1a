/**
 * Live pages in simulation: nodes with the real membership, leases, contexts, journals, hand-over and application, tabs that send actions to any of them, and what
 * judges it. For one thread.
 */
@NullMarked
package dev.carillon.lab.simulation.page;

import org.jspecify.annotations.NullMarked;
