/**
 * The load generator: opens connections, broadcasts by a schedule or in a closed loop, accounts for every delivery and says when it is
 * itself the bottleneck. Each reader and publisher runs on a thread of its own and owns its connections. Uses {@code lab.fleet} and
 * {@code process}.
 */
@NullMarked
package dev.carillon.lab.load;

import org.jspecify.annotations.NullMarked;
