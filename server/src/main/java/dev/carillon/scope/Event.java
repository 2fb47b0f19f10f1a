package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An event of one tenant, with the scopes to which it is broadcast. Immutable. All sizes are in bytes of UTF-8, and all texts are well-formed
 * Unicode; only {@code data} may contain control characters.
 *
 * <p>{@link Scope#SYSTEM} must be the only scope of an event, and its tenant is {@link Tenant#SYSTEM}. Topics that contain {@value
 * #RESERVED_PATH} are reserved for the Mercure hub, see {@link #announcement}.
 *
 * @param scopes 1 to {@value #MAX_SCOPES} scopes of at most {@value #MAX_SCOPES_BYTES} bytes in total; duplicates are removed
 * @param id the broadcaster's id, 1 to {@value #MAX_ID_BYTES} bytes; null: an id is generated from the position. An id must be usable as
 *     {@code Last-Event-ID}: it must not begin with {@code #} (Mercure, section "Publication") or {@value Cursor#PREFIX}, begin or end with
 *     white space, be {@value Cursor#EARLIEST}, or have the form of a generated id
 * @param type the event's type as in {@code EventSource} (WHATWG HTML, section 9.2), 1 to {@value #MAX_TYPE_BYTES} bytes; null: {@code
 *     message}. Types that begin with {@value #RESERVED_TYPES} are reserved for the node, which uses {@value #JOIN} and {@value #LEAVE}
 * @param data the payload, 0 to {@value #MAX_DATA_BYTES} bytes
 * @param key 1 to {@value #MAX_KEY_BYTES} bytes; null: none. With {@link ScopePolicy.Slow#LATEST}, an event replaces queued events of the
 *     same key and scopes
 * @param isPrivate whether only clients receive the event whose read grant covers one of its scopes, or who are in one of its personal scopes;
 *     always true if one of the scopes is {@linkplain Scope.Kind#personal personal}
 * @param retain whether the event is retained: clients that join one of its scopes later receive it until another retained event
 *     of its scopes replaces it; a retained event without data clears the retained event of its scopes
 * @param retryMillis delay in milliseconds after which clients reconnect, 0 to 2,147,483,647; null: unchanged. A value outside of {@value
 *     #MIN_RETRY_MILLIS} to {@value #MAX_RETRY_MILLIS} is set to the nearest bound, so that no broadcaster can keep clients disconnected or
 *     make them reconnect in a loop
 * @param isJson whether {@code data} is the text of a JSON value of any kind. Server-sent events have the text; WebSocket messages and the
 *     history the value
 * @param tags names and values that clients filter by, see {@link TagFilter}: at most {@value EventTags#MAX_TAGS}, with names of 1 to {@value
 *     EventTags#MAX_NAME_LENGTH} letters, digits, {@code _}, {@code .} and {@code -}, and values of at most {@value
 *     EventTags#MAX_VALUE_BYTES} bytes; sorted by name
 * @param readers the only users who receive the event, whatever their grants are: at most {@value EventReaders#MAX_READERS}, of at most {@value
 *     EventReaders#MAX_BYTES} bytes in total; empty: not limited. An event with readers is private
 * @param traceparent W3C trace context (version 00) of a broadcast that is traced; null: it is not. No client receives it, and it does not count where events
 *     are compared to recognise a repetition
 */
public record Event(
        Tenant tenant,
        List<Scope> scopes,
        @Nullable String id,
        @Nullable String type,
        String data,
        @Nullable String key,
        boolean isPrivate,
        boolean retain,
        @Nullable Long retryMillis,
        boolean isJson,
        SortedMap<String, String> tags,
        Set<String> readers,
        @Nullable String traceparent) {
    public static final int MAX_SCOPES = 100;
    public static final int MAX_SCOPES_BYTES = 64 * 1024;
    public static final int MAX_DATA_BYTES = 256 * 1024;
    public static final int MAX_ID_BYTES = 2048;
    public static final int MAX_TYPE_BYTES = 1024;
    public static final int MAX_KEY_BYTES = 1024;
    public static final int MAX_READERS = EventReaders.MAX_READERS;
    public static final long MIN_RETRY_MILLIS = 100;
    public static final long MAX_RETRY_MILLIS = 60_000;
    /** Prefix of the types that are reserved for events of the node itself, such as {@code carillon.gap}. */
    public static final String RESERVED_TYPES = "carillon.";
    /** Type of the event that a user entered a scope, see {@link #presence}. */
    public static final String JOIN = RESERVED_TYPES + "join";
    /** Type of the event that a user left a scope, see {@link #presence}. */
    public static final String LEAVE = RESERVED_TYPES + "leave";
    /** Topics that contain this path are reserved for the Mercure hub. */
    public static final String RESERVED_PATH = "/.well-known/mercure";

    private static final Pattern TRACEPARENT =
            Pattern.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

    private static final String WELL_FORMED = "must be well-formed Unicode, without unpaired surrogates";

    /**
     * @throws CarillonException {@code invalid-event}, with a message that names the field and the rule; {@code too-large} if {@code data} is
     *     too long
     */
    public Event {
        scopes = List.copyOf(new LinkedHashSet<>(scopes));
        checkScopes(tenant, scopes);
        checkTopics(tenant, scopes);
        tags = EventTags.checked(tags);
        readers = EventReaders.checked(readers);
        isPrivate |= !readers.isEmpty()
                || scopes.stream().anyMatch(scope -> scope.kind().personal());
        check("id", id, MAX_ID_BYTES);
        checkId(id);
        check("type", type, MAX_TYPE_BYTES);
        if (isReservedType(type) && !isPresence(type)) {
            throw reservedType();
        }
        check("key", key, MAX_KEY_BYTES);
        if (!Text.isWellFormed(data)) {
            throw invalid("data", WELL_FORMED);
        }
        if (data.length() > MAX_DATA_BYTES || Text.utf8Length(data) > MAX_DATA_BYTES) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE,
                    "data: must have at most " + MAX_DATA_BYTES
                            + " bytes of UTF-8: split it, or broadcast a link to it");
        }
        if (isJson && !JsonText.isValue(data)) {
            throw invalid("data", "must be one JSON value, nested at most " + JsonText.MAX_DEPTH + " levels deep");
        }
        if (retryMillis != null && (retryMillis < 0 || retryMillis > Integer.MAX_VALUE)) {
            throw invalid(
                    "retry", "must be between 0 and " + Integer.MAX_VALUE + " milliseconds, but is " + retryMillis);
        }
        if (traceparent != null && !isTraceparent(traceparent)) {
            throw invalid("traceparent", "must be a W3C trace context of version 00");
        }
        retryMillis = retryMillis == null ? null : Math.clamp(retryMillis, MIN_RETRY_MILLIS, MAX_RETRY_MILLIS);
    }

    /** Starts an event of {@link Tenant#DEFAULT}, or of {@link Tenant#SYSTEM} if it has the system scope. */
    public static Draft to(Scope first, Scope... more) {
        Draft draft = new Draft();
        draft.scopes.add(first);
        draft.scopes.addAll(List.of(more));
        return draft;
    }

    /** As {@link #to(Scope, Scope...)}. */
    public static Draft to(List<Scope> scopes) {
        Draft draft = new Draft();
        draft.scopes.addAll(scopes);
        return draft;
    }

    /**
     * The Mercure hub's announcement that a subscription began or ended: private, in the tenant's {@linkplain Tenant#announcements log of
     * announcements}, without a type, a key and a retry. Only the hub may call it.
     *
     * @param subscription the topic of the subscription, which contains {@value #RESERVED_PATH}
     * @throws CarillonException as {@link Event} does
     */
    public static Event announcement(Tenant tenant, Scope subscription, @Nullable String id, String data) {
        Draft draft = to(subscription);
        draft.tenant = tenant.announcements();
        return draft.id(id).data(data).isPrivate(true).build();
    }

    /**
     * The node's event that a user entered or left a scope. Only the package of presence may call it: the type is reserved, and refused from every broadcaster.
     *
     * @param scope a route, a topic or {@link Scope#GLOBAL}
     * @param joined whether the type is {@link #JOIN}; otherwise it is {@link #LEAVE}
     */
    public static Event presence(Tenant tenant, Scope scope, boolean joined, boolean isPrivate, String data) {
        return new Event(
                tenant,
                List.of(scope),
                null,
                joined ? JOIN : LEAVE,
                data,
                null,
                isPrivate,
                false,
                null,
                true,
                Collections.emptySortedMap(),
                Set.of(),
                null);
    }

    /** @throws CarillonException {@code invalid-event} for a type that only nodes may use */
    public void requireBroadcasterType() {
        if (isReservedType(type)) {
            throw reservedType();
        }
    }

    private static CarillonException reservedType() {
        return invalid(
                "type", "must not begin with \"" + RESERVED_TYPES + "\", which is reserved for the node's own events");
    }

    static boolean isPresence(@Nullable String type) {
        return JOIN.equals(type) || LEAVE.equals(type);
    }

    /** A copy that only these users receive; empty: not limited. */
    public Event withReaders(Set<String> users) {
        return copy(id, isPrivate, users, traceparent);
    }

    /** A copy with another trace context; null: none. */
    public Event withTraceparent(@Nullable String context) {
        return Objects.equals(context, traceparent) ? this : copy(id, isPrivate, readers, context);
    }

    /**
     * A copy with another id.
     *
     * @throws CarillonException {@code invalid-event} for an id that breaks the rule
     */
    public Event withId(String value) {
        return copy(value, isPrivate, readers, traceparent);
    }

    /** A copy that is private. */
    public Event asPrivate() {
        return copy(id, true, readers, traceparent);
    }

    private Event copy(
            @Nullable String newId, boolean newPrivate, Set<String> newReaders, @Nullable String newTraceparent) {
        return new Event(
                tenant,
                scopes,
                newId,
                type,
                data,
                key,
                newPrivate,
                retain,
                retryMillis,
                isJson,
                tags,
                newReaders,
                newTraceparent);
    }

    /** Whether a text is a trace context that an event can have. */
    public static boolean isTraceparent(String text) {
        return TRACEPARENT.matcher(text).matches();
    }

    /** Whether the event's tenant is a {@linkplain Tenant#isSideLog side log}. */
    public boolean isInSideLog() {
        return tenant.isSideLog();
    }

    /** Whether the event removes the retained event of its scopes rather than replacing it. */
    public boolean clearsRetained() {
        return retain && data.isEmpty();
    }

    static boolean isReservedType(@Nullable String type) {
        return type != null && type.startsWith(RESERVED_TYPES);
    }

    /** Whether a client can resume with a broadcaster's id: {@code Last-Event-ID} transports it unchanged, and it can only mean this event. */
    static boolean canResume(String id) {
        return brokenIdRule(id) == null;
    }

    private static void checkId(@Nullable String id) {
        String rule = id == null ? null : brokenIdRule(id);
        if (rule != null) {
            throw invalid("id", rule);
        }
    }

    /** The rule that the id breaks; null: none. */
    private static @Nullable String brokenIdRule(String id) {
        if (Cursor.isCursor(id)) {
            return "must not begin with \"" + Cursor.PREFIX + "\", which is reserved for cursors";
        }
        if (id.startsWith("#")) {
            return "must not begin with \"#\", which the Mercure protocol forbids";
        }
        if (id.equals(Cursor.EARLIEST)) {
            return "must not be \"" + Cursor.EARLIEST + "\", with which clients request the whole history";
        }
        if (isWhiteSpace(id.charAt(0)) || isWhiteSpace(id.charAt(id.length() - 1))) {
            return "must not begin or end with white space, which HTTP headers do not preserve";
        }
        if (EventIds.position(id).isPresent()) {
            return "must not have the form of a generated id: omit the id, or choose another one";
        }
        return null;
    }

    /** Includes characters that are no white space in HTTP (RFC 9110, section 5.5): many client libraries strip all Unicode white space. */
    private static boolean isWhiteSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    private static void checkScopes(Tenant tenant, List<Scope> scopes) {
        if (scopes.isEmpty() || scopes.size() > MAX_SCOPES) {
            throw invalid("scopes", "must be 1 to " + MAX_SCOPES + " scopes, but are " + scopes.size());
        }
        int bytes = 0;
        boolean system = false;
        for (Scope scope : scopes) {
            bytes += Text.utf8Length(scope.text());
            system |= scope.kind() == Scope.Kind.SYSTEM;
        }
        if (bytes > MAX_SCOPES_BYTES) {
            throw invalid(
                    "scopes", "must have at most " + MAX_SCOPES_BYTES + " bytes of UTF-8 in total, but have " + bytes);
        }
        if (system && scopes.size() > 1) {
            throw invalid("scopes", "the scope \"system\" must be the only one: its events have a separate log");
        }
        if (system != tenant.equals(Tenant.SYSTEM)) {
            throw invalid(
                    "scopes",
                    "the scope \"system\" and the tenant \"" + Tenant.SYSTEM + "\" must only be used together");
        }
    }

    private static void checkTopics(Tenant tenant, List<Scope> scopes) {
        for (Scope scope : scopes) {
            if (isReservedTopic(scope) != tenant.isAnnouncements()) {
                throw invalid(
                        "scopes",
                        tenant.isAnnouncements()
                                ? "an announcement must be in a topic that contains " + RESERVED_PATH
                                : "a topic must not contain " + RESERVED_PATH
                                        + ", which is reserved for the Mercure hub");
            }
        }
    }

    static boolean isReservedTopic(Scope scope) {
        return scope.kind() == Scope.Kind.TOPIC && scope.name().contains(RESERVED_PATH);
    }

    private static void check(String field, @Nullable String value, int maxBytes) {
        if (value == null) {
            return;
        }
        if (value.isEmpty()) {
            throw invalid(field, "must not be empty: omit it instead");
        }
        if (!Text.isWellFormed(value)) {
            throw invalid(field, WELL_FORMED);
        }
        if (Text.hasControl(value)) {
            throw invalid(field, "must not contain control characters");
        }
        int bytes = Text.utf8Length(value);
        if (bytes > maxBytes) {
            throw invalid(field, "must have at most " + maxBytes + " bytes of UTF-8, but has " + bytes);
        }
    }

    static CarillonException invalid(String field, String rule) {
        return new CarillonException(ErrorCode.INVALID_EVENT, field + ": " + rule);
    }

    /** Builds an event; the setters take what {@link Event} documents for each component. Not thread-safe. */
    public static final class Draft {
        private final Set<Scope> scopes = new LinkedHashSet<>();
        private Tenant tenant = Tenant.DEFAULT;
        private @Nullable String id;
        private @Nullable String type;
        private String data = "";
        private @Nullable String key;
        private boolean isPrivate;
        private boolean retain;
        private @Nullable Long retryMillis;
        private boolean isJson;
        private SortedMap<String, String> tags = Collections.emptySortedMap();
        private Set<String> readers = Set.of();

        private Draft() {}

        /** Ignored if one of the scopes is {@link Scope#SYSTEM}. */
        public Draft tenant(Tenant value) {
            tenant = value;
            return this;
        }

        public Draft id(@Nullable String value) {
            id = value;
            return this;
        }

        public Draft type(@Nullable String value) {
            type = value;
            return this;
        }

        /** Data that is any text. */
        public Draft data(String value) {
            data = value;
            isJson = false;
            return this;
        }

        /** Data that is a JSON value, given as its text. */
        public Draft json(String value) {
            data = value;
            isJson = true;
            return this;
        }

        public Draft tags(Map<String, String> value) {
            tags = new TreeMap<>(value);
            return this;
        }

        public Draft readers(Collection<String> value) {
            readers = new LinkedHashSet<>(value);
            return this;
        }

        public Draft key(@Nullable String value) {
            key = value;
            return this;
        }

        public Draft isPrivate(boolean value) {
            isPrivate = value;
            return this;
        }

        public Draft retain(boolean value) {
            retain = value;
            return this;
        }

        public Draft retryMillis(@Nullable Long value) {
            retryMillis = value;
            return this;
        }

        /** @throws CarillonException as {@link Event} does */
        public Event build() {
            Tenant home = scopes.contains(Scope.SYSTEM) ? Tenant.SYSTEM : tenant;
            Event event = new Event(
                    home,
                    new ArrayList<>(scopes),
                    id,
                    type,
                    data,
                    key,
                    isPrivate,
                    retain,
                    retryMillis,
                    isJson,
                    tags,
                    readers,
                    null);
            event.requireBroadcasterType();
            return event;
        }
    }
}
