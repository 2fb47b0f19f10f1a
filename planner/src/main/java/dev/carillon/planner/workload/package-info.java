/** What is asked: connections, events, scopes, machines, bounds. Uses {@code planner.base}. */
@NullMarked
package dev.carillon.planner.workload;

import org.jspecify.annotations.NullMarked;
