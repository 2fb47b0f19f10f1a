package dev.carillon.source.intake;

import java.util.OptionalLong;

/**
 * A source, as this node sees it.
 *
 * @param pending number of messages that wait; empty: not known, or another node reads it
 */
public record SourceStatus(String name, SourceState state, OptionalLong pending) {}
