package dev.carillon.broadcast;

import dev.carillon.scope.Event;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Traces broadcasts. Thread-safe. */
public interface BroadcastTrace {
    BroadcastTrace OFF = new BroadcastTrace() {
        @Override
        public boolean isOn() {
            return false;
        }

        @Override
        public CompletionStage<Broadcaster.Receipt> trace(
                Event event, Function<Event, CompletionStage<Broadcaster.Receipt>> send) {
            return send.apply(event);
        }
    };

    /** Whether broadcasts are traced. */
    boolean isOn();

    /**
     * Broadcasts an event.
     *
     * @param event with the trace context of its broadcaster, if that has sent one
     * @param send broadcasts the event that it is given, with a trace context of this broadcast or without one
     */
    CompletionStage<Broadcaster.Receipt> trace(Event event, Function<Event, CompletionStage<Broadcaster.Receipt>> send);
}
