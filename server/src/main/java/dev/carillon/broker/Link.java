package dev.carillon.broker;

/**
 * An event's place in a chain.
 *
 * @param previous the sequence of the event before it in this chain; 0: none that is known. A later epoch may begin with 0
 */
public record Link(Chain chain, long previous) {}
