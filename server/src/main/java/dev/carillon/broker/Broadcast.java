package dev.carillon.broker;

import dev.carillon.scope.Event;

/** A broadcast of a list: an event, and the means by which a repetition is recognised. */
public record Broadcast(Event event, Idempotency by) {}
