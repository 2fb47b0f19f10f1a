package dev.carillon.broadcast;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Appended;
import dev.carillon.scope.Event;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Records which client broadcast which event. Thread-safe; must not block. */
@FunctionalInterface
public interface BroadcastLog {
    BroadcastLog NONE = (by, event, append) -> {};

    /**
     * Called when an event was passed to the broker.
     *
     * @param by grants of the client; null: the application itself
     * @param append completes when the event is in the log
     */
    void sent(@Nullable Grants by, Event event, CompletionStage<Appended> append);
}
