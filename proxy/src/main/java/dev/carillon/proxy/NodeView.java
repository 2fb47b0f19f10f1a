package dev.carillon.proxy;

import java.net.URI;
import java.time.Instant;

/**
 * A snapshot of a node.
 *
 * @param since start of the state
 * @param open requests and streams open to it through this proxy
 */
public record NodeView(URI url, NodeState state, Instant since, int open) {}
