package dev.carillon.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.CarillonException;
import dev.carillon.broker.Idempotency;
import dev.carillon.http.JsonMembers;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A broadcast as JSON: {@code {"scope": "route:/board"}} or {@code "scopes": […]}, with the optional members {@code type} (in a WebSocket message
 * {@code event}), {@code data} (any value), {@code id}, {@code key} (strings), {@code private}, {@code retain} (booleans), {@code retry} (milliseconds),
 * {@code tags} (an object of strings) and {@code readers} (a list of users).
 */
public final class BroadcastRequest {
    /** Members besides the type of the event. */
    static final Set<String> COMMON =
            Set.of("scope", "scopes", "data", "id", "key", "private", "retain", "retry", "tags", "readers");

    private static final String IDEMPOTENCY_KEY = "idempotency_key";
    private static final Set<String> MEMBERS = with("type");
    private static final Set<String> ITEM_MEMBERS = with("type", IDEMPOTENCY_KEY);

    private BroadcastRequest() {}

    private static Set<String> with(String... names) {
        return Stream.concat(COMMON.stream(), Stream.of(names)).collect(Collectors.toUnmodifiableSet());
    }

    /** @throws CarillonException {@code invalid-request}, with a message that names the member and the rule */
    public static Event parse(byte[] body, Tenant tenant) {
        JsonMembers json = JsonMembers.of("body", body);
        json.requireOnly(MEMBERS);
        return event(json, "type", tenant);
    }

    /**
     * Reads the event of one item of a batch, which may also have an {@code idempotency_key}.
     *
     * @throws CarillonException as {@link #parse}
     */
    static Event item(JsonMembers json, Tenant tenant) {
        json.requireOnly(ITEM_MEMBERS);
        return event(json, "type", tenant);
    }

    /** The idempotency key of an item or message; empty: it has none. */
    static Optional<Idempotency> idempotency(JsonMembers json) {
        return Optional.ofNullable(json.text(IDEMPOTENCY_KEY)).map(Idempotency::key);
    }

    /**
     * Reads the event of a broadcast.
     *
     * @param type name of the member that holds the event's type
     */
    static Event event(JsonMembers json, String type, Tenant tenant) {
        JsonNode data = json.value("data");
        Event.Draft draft = Event.to(scopes(json));
        return (data == null || data.isTextual()
                        ? draft.data(data == null ? "" : data.textValue())
                        : draft.json(data.toString()))
                .tenant(tenant)
                .type(json.text(type))
                .id(json.text("id"))
                .key(json.text("key"))
                .isPrivate(json.isTrue("private"))
                .retain(json.isTrue("retain"))
                .retryMillis(json.number("retry"))
                .tags(json.strings("tags"))
                .readers(readers(json))
                .build();
    }

    private static List<String> readers(JsonMembers json) {
        return json.list("readers", 1, Event.MAX_READERS, reader -> reader);
    }

    private static List<Scope> scopes(JsonMembers json) {
        if (json.has("scope") == json.has("scopes")) {
            throw json.invalid("must have either \"scope\" or \"scopes\"");
        }
        return json.has("scope")
                ? List.of(Scope.parse(json.required("scope")))
                : json.list("scopes", 1, Event.MAX_SCOPES, Scope::parse);
    }
}
