/**
 * A reverse proxy for nodes, for one machine and for tests. A cookie keeps each browser at its node, and health checks find the available
 * nodes. The proxy knows only the URLs of nodes and uses no class of the server. A request is handled on the I/O thread of its connection
 * and must not block; each node has a virtual thread for its health checks.
 *
 * <p>Classes form no cycle, from the bottom up: configuration; nodes and health checks ({@link dev.carillon.proxy.Nodes}); the relay
 * ({@link dev.carillon.proxy.ForwardedRequest}); the server ({@link dev.carillon.proxy.StickyProxy}).
 */
@NullMarked
package dev.carillon.proxy;

import org.jspecify.annotations.NullMarked;
