package dev.carillon.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.carillon.scope.Event;

/** The members of an event that are the same in every JSON document. */
public final class EventJson {
    private EventJson() {}

    /** Adds the member {@code data}: a string, or the value of data that is JSON. */
    public static void data(ObjectNode json, Event event) {
        if (event.isJson()) {
            // The event has checked that it is one value.
            json.putRawValue("data", new RawValue(event.data()));
        } else {
            json.put("data", event.data());
        }
    }

    /** Adds the member {@code tags} if the event has any. */
    public static void tags(ObjectNode json, Event event) {
        if (!event.tags().isEmpty()) {
            event.tags().forEach(json.putObject("tags")::put);
        }
    }
}
