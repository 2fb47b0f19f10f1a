/**
 * Clusters on this machine: nodes as processes or in this process, how the commands are run as processes, where they say that they serve, and
 * tokens for them. Uses {@code process} and the server's {@code node}.
 */
@NullMarked
package dev.carillon.lab.cluster;

import org.jspecify.annotations.NullMarked;
