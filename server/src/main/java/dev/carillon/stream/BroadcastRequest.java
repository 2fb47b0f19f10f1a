package dev.carillon.stream;

import dev.carillon.base.CarillonException;
import dev.carillon.http.JsonMembers;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Set;

/**
 * A broadcast as JSON: {@code {"scope": "route:/board"}} or {@code "scopes": […]}, with the optional members {@code type} (in a WebSocket message
 * {@code event}), {@code data}, {@code id}, {@code key} (strings), {@code private}, {@code retain} (booleans) and {@code retry} (milliseconds).
 */
final class BroadcastRequest {
    /** Members besides the type of the event. */
    static final Set<String> COMMON = Set.of("scope", "scopes", "data", "id", "key", "private", "retain", "retry");

    private static final Set<String> MEMBERS =
            Set.of("scope", "scopes", "type", "data", "id", "key", "private", "retain", "retry");

    private BroadcastRequest() {}

    /** @throws CarillonException {@code invalid-request}, with a message that names the member and the rule */
    static Event parse(byte[] body, Tenant tenant) {
        JsonMembers json = JsonMembers.of("body", body);
        json.requireOnly(MEMBERS);
        return event(json, "type", tenant);
    }

    /**
     * Reads the event of a broadcast.
     *
     * @param type name of the member that holds the event's type
     */
    static Event event(JsonMembers json, String type, Tenant tenant) {
        String data = json.text("data");
        return Event.to(scopes(json))
                .tenant(tenant)
                .type(json.text(type))
                .data(data == null ? "" : data)
                .id(json.text("id"))
                .key(json.text("key"))
                .isPrivate(json.isTrue("private"))
                .retain(json.isTrue("retain"))
                .retryMillis(json.number("retry"))
                .build();
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
