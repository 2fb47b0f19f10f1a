package dev.carillon.proxy;

/** The state of a node, by the proxy's health checks. */
public enum NodeState {
    /** It accepts clients. */
    UP,
    /** It drains: its open streams stay, and it gets new requests only if no node is up. */
    DRAINING,
    /** It does not answer, and gets no requests. */
    DOWN
}
