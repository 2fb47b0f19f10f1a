package dev.carillon.proxy;

import java.net.URI;
import java.time.Instant;

/**
 * A node as the proxy sees it at one moment.
 *
 * @param since when the state began
 * @param open requests and streams that are open to it through this proxy
 */
public record NodeView(URI url, NodeState state, Instant since, int open) {}
