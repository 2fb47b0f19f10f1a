package dev.carillon.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.http.JsonMembers;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A message of a WebSocket client. {@code ref}, a string or a number of the client's choice, is repeated in the reply. */
sealed interface ClientMessage {
    int MAX_TOPICS = 1_000;

    /**
     * {@code {"access_token": …}}, the first message of a client that did not send its token in the handshake.
     *
     * @param context context of an earlier connection; null: that of the request, if it has one
     */
    record Authenticate(
            @Nullable JsonNode ref, String token, @Nullable String context) implements ClientMessage {
        /** Does not show the token. */
        @Override
        public String toString() {
            return "Authenticate[ref=" + ref + "]";
        }
    }

    /** @param after id or cursor of the last event that the client received of these scopes; null: none */
    record Subscribe(
            @Nullable JsonNode ref,
            List<Scope> scopes,
            @Nullable String after) implements ClientMessage {}

    record Unsubscribe(@Nullable JsonNode ref, List<Scope> scopes) implements ClientMessage {}

    /**
     * @param idempotencyKey null: deduplication by the event's id
     * @param traceparent W3C trace context; null: none of version 00, as of a header of that name
     */
    record Broadcast(
            @Nullable JsonNode ref,
            JsonMembers json,
            @Nullable String idempotencyKey,
            @Nullable String traceparent) implements ClientMessage {}

    /** All scopes of the connection. */
    record ResumeAll(@Nullable JsonNode ref, String after) implements ClientMessage {}

    /** @param after ids or cursors with the scopes that resume from them */
    record ResumeScopes(@Nullable JsonNode ref, Map<String, List<Scope>> after) implements ClientMessage {}

    record Renew(@Nullable JsonNode ref, String token) implements ClientMessage {
        /** Does not show the token. */
        @Override
        public String toString() {
            return "Renew[ref=" + ref + "]";
        }
    }

    record Ping(@Nullable JsonNode ref) implements ClientMessage {}

    @Nullable
    JsonNode ref();

    /** The types of messages. */
    enum Type {
        AUTHENTICATE("access_token", "context"),
        SUBSCRIBE("topics", "route", "after"),
        UNSUBSCRIBE("topics", "route"),
        BROADCAST("event", "idempotency_key", "traceparent"),
        RESUME("after", "scopes"),
        RENEW("access_token"),
        PING;

        private static final String NAMES =
                Arrays.stream(values()).map(Type::text).collect(Collectors.joining(", "));

        @SuppressWarnings("ImmutableEnumChecker") // Never changed.
        private final Set<String> members;

        Type(String... members) {
            Set<String> all = new TreeSet<>(List.of("type", "ref"));
            all.addAll(Arrays.asList(members));
            if (all.contains("idempotency_key")) {
                all.addAll(BroadcastRequest.COMMON);
            }
            this.members = Collections.unmodifiableSet(all);
        }

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        private static Type of(JsonMembers json) {
            if (!json.has("type") && json.has("access_token")) {
                return AUTHENTICATE;
            }
            String text = json.required("type");
            for (Type type : values()) {
                if (type.text().equals(text)) {
                    return type;
                }
            }
            throw json.invalid("type", "\"" + Text.printable(text, 50) + "\" is unknown; known types are " + NAMES);
        }
    }

    /** A message that cannot be read, with its reference as far as that can be. */
    final class InvalidException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient @Nullable JsonNode ref;
        private final CarillonException reason;

        private InvalidException(@Nullable JsonNode ref, CarillonException reason) {
            super(reason);
            this.ref = ref;
            this.reason = reason;
        }

        @Nullable
        JsonNode ref() {
            return ref;
        }

        CarillonException reason() {
            return reason;
        }
    }

    /** @throws InvalidException with a message that names the member and the rule */
    static ClientMessage parse(String text) throws InvalidException {
        JsonNode ref = null;
        try {
            JsonMembers json = JsonMembers.of("message", text);
            ref = ref(json);
            Type type = Type.of(json);
            json.requireOnly(type.members);
            return message(type, json, ref);
        } catch (CarillonException e) {
            throw new InvalidException(ref, e);
        }
    }

    private static ClientMessage message(Type type, JsonMembers json, @Nullable JsonNode ref) {
        return switch (type) {
            case AUTHENTICATE -> new Authenticate(ref, json.required("access_token"), json.text("context"));
            case SUBSCRIBE -> new Subscribe(ref, scopes(json), after(json));
            case UNSUBSCRIBE -> new Unsubscribe(ref, scopes(json));
            case BROADCAST -> new Broadcast(ref, json, json.text("idempotency_key"), traceparent(json));
            case RESUME -> resume(json, ref);
            case RENEW -> new Renew(ref, json.required("access_token"));
            case PING -> new Ping(ref);
        };
    }

    private static @Nullable String traceparent(JsonMembers json) {
        String given = json.text("traceparent");
        return given != null && Event.isTraceparent(given) ? given : null;
    }

    private static @Nullable JsonNode ref(JsonMembers json) {
        JsonNode ref = json.json().get("ref");
        if (ref == null || ref.isNull()) {
            return null;
        }
        boolean valid =
                ref.isTextual() && ref.textValue().length() <= 64 || ref.isIntegralNumber() && ref.canConvertToLong();
        if (!valid) {
            throw json.invalid("ref", "must be a whole number or a string of at most 64 characters");
        }
        return ref;
    }

    private static List<Scope> scopes(JsonMembers json) {
        List<Scope> scopes = new ArrayList<>(json.list("topics", 0, MAX_TOPICS, Scope::topic));
        String route = json.text("route");
        if (route != null) {
            scopes.add(Scope.route(route));
        }
        if (scopes.isEmpty()) {
            throw json.invalid("must have \"topics\" or \"route\"");
        }
        return scopes;
    }

    private static @Nullable String after(JsonMembers json) {
        String after = json.text("after");
        if (after != null) {
            checkId(json, "after", after);
        }
        return after;
    }

    private static void checkId(JsonMembers json, String member, String id) {
        if (id.isEmpty() || Text.utf8Length(id) > Event.MAX_ID_BYTES) {
            throw json.invalid(
                    member, "must be the id of an event or a cursor, of 1 to " + Event.MAX_ID_BYTES + " bytes");
        }
    }

    private static ClientMessage resume(JsonMembers json, @Nullable JsonNode ref) {
        if (json.has("after") == json.has("scopes")) {
            throw json.invalid("must have either \"after\" or \"scopes\"");
        }
        String all = after(json);
        if (all != null) {
            return new ResumeAll(ref, all);
        }
        JsonNode given = json.json().get("scopes");
        if (given == null || !given.isObject() || given.isEmpty() || given.size() > MAX_TOPICS) {
            throw json.invalid(
                    "scopes", "must be an object with 1 to " + MAX_TOPICS + " scopes and an id or cursor for each");
        }
        Map<String, List<Scope>> after = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : given.properties()) {
            Scope scope = Scope.parse(each.getKey());
            String shown = Text.printable(each.getKey(), 100);
            if (scope.kind() == Scope.Kind.SYSTEM) {
                throw new CarillonException(ErrorCode.INVALID_REQUEST, "message: scope system: has no history");
            }
            if (!each.getValue().isTextual()) {
                throw json.invalid("scopes", shown + ": must have an id or a cursor");
            }
            String id = each.getValue().textValue();
            checkId(json, "scopes", id);
            after.computeIfAbsent(id, x -> new ArrayList<>()).add(scope);
        }
        return new ResumeScopes(ref, after);
    }

    /** Number of scopes that the message reads, besides those of the connection; each different position counts at least ten. */
    static int reads(ClientMessage message) {
        return switch (message) {
            case Subscribe subscribe -> subscribe.scopes().size();
            case ResumeScopes resume ->
                resume.after().values().stream()
                        .mapToInt(scopes -> Math.max(10, scopes.size()))
                        .sum();
            default -> 0;
        };
    }
}
