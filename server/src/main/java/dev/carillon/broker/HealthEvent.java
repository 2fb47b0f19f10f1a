package dev.carillon.broker;

/** What a broker link tells of itself. */
public sealed interface HealthEvent {
    /** There is no connection, or nobody answers on it. */
    record Away(String reason) implements HealthEvent {}

    /** The connection is back and everything is joined again; a doubt follows. */
    record Back() implements HealthEvent {}

    /** Something may have been missed: compare heads, list watched kinds again. */
    record Doubt(String reason) implements HealthEvent {}
}
