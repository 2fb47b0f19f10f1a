/**
 * Clusters on this machine: nodes in processes of their own or in this process, commands as child processes, their addresses, and tokens. Uses
 * {@code process} and the server's {@code node}.
 */
@NullMarked
package dev.carillon.lab.cluster;

import org.jspecify.annotations.NullMarked;
