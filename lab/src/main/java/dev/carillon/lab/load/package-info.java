/**
 * The load generator: opens connections, broadcasts in an open or closed loop, accounts for every delivery, and reports when it is the bottleneck
 * itself. Each reader and the publisher run on threads of their own and own their connections. Uses {@code lab.fleet} and
 * {@code process}.
 */
@NullMarked
package dev.carillon.lab.load;

import org.jspecify.annotations.NullMarked;
