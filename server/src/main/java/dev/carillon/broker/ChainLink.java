package dev.carillon.broker;

/**
 * An event's link in a chain.
 *
 * @param previous the sequence of the preceding event in this chain; 0: none is known. A later epoch may start with 0
 */
public record ChainLink(Chain chain, long previous) {}
