package dev.carillon.broker;

/** A change in the health of the link to the broker. */
public sealed interface HealthEvent {
    /** The connection was lost, or the server does not answer on it. */
    record Unavailable(String reason) implements HealthEvent {}

    /** The connection was restored and all interests are joined again; {@link PossibleLoss} follows. */
    record Connected() implements HealthEvent {}

    /** Events or changes may have been missed: compare heads and list watched kinds again. */
    record PossibleLoss(String reason) implements HealthEvent {}
}
