package dev.carillon.junit;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * An event that was broadcast, and is in the log.
 *
 * @param id given by the broadcaster, or generated
 */
public record RecordedBroadcast(Event event, String id) {
    private static final int MAX_SHOWN = 200;

    boolean isTo(Scope scope) {
        return event.scopes().contains(scope);
    }

    String type() {
        return Objects.requireNonNullElse(event.type(), "message");
    }

    /** Scopes, type and data in one line. */
    @Override
    public String toString() {
        String scopes = event.scopes().stream().map(Scope::text).collect(Collectors.joining(", "));
        return scopes + ", type \"" + type() + "\", data " + quoted(event.data());
    }

    static String quoted(String text) {
        return text.length() <= MAX_SHOWN
                ? '"' + text + '"'
                : '"' + text.substring(0, MAX_SHOWN) + "…\" (" + text.length() + " characters)";
    }
}
