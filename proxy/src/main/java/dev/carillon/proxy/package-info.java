/**
 * A reverse proxy before the nodes, for one machine and for tests: a cookie keeps each browser at its node, health checks find
 * the nodes that take clients. It knows the nodes by their addresses alone and never sees the server. Everything about a request
 * runs on the I/O thread of its connection and must not block; each node has one virtual thread for its health checks.
 */
@NullMarked
package dev.carillon.proxy;

import org.jspecify.annotations.NullMarked;
