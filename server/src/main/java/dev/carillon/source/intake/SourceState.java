package dev.carillon.source.intake;

/** What this node does with a source. */
public sealed interface SourceState {
    /** Another node reads it, or will. */
    record Standby() implements SourceState {}

    /** This node reads it. */
    record Consuming() implements SourceState {}

    /** This node would read it, but its server does not answer, or the log accepts nothing. It tries again. */
    record Waiting(String problem) implements SourceState {}

    /** This node would read it, but an operator must change something first. It tries again, less often. */
    record Failed(String problem) implements SourceState {}
}
