/**
 * Moves streams from crowded nodes to others. Owns the plan of a run, the release of this node's streams, the refusal of requests that a sticky cookie
 * brings back, and the rule that one node of the cluster runs it at a time. A run has a thread of its own, which blocks; a refusal runs on I/O threads.
 */
@NullMarked
package dev.carillon.rebalance;

import org.jspecify.annotations.NullMarked;
