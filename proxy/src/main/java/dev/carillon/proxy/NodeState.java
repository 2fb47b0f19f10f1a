package dev.carillon.proxy;

/** What the proxy thinks of a node. */
public enum NodeState {
    /** It takes clients. */
    UP,
    /** It answers, but asks to be left: its open streams stay, nothing new goes there while another node is up. */
    DRAINING,
    /** It does not answer: nothing goes there. */
    DOWN
}
