package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is broadcast: at most {@value #MAX_SCOPES} scopes with {@value #MAX_SCOPES_BYTES} bytes of names together, and at
 * most {@value #MAX_DATA_BYTES} bytes of data (all UTF-8). An event is in the system scope alone and in the tenant {@link
 * Tenant#SYSTEM}, or in neither; the same holds for the Mercure hub's own topics and {@link Tenant#announcements()}.
 *
 * @param id the broadcaster's id, at most {@value #MAX_ID_BYTES} bytes without control characters; null: generated from the
 *     position. One with which no client could resume is refused, see {@link #checkId}
 * @param type the event's type as {@code EventSource} knows it; null: {@code message}. Those that begin with {@value
 *     #RESERVED_TYPES} are the node's own, and refused
 * @param key what a newer event of the same key replaces where only the latest matters
 * @param isPrivate whether only those may have it whose read grant covers one of its scopes, or who are in one that is their own; always
 *     so where one of the scopes is {@linkplain Scope.Kind#personal personal}
 * @param retain whether it is kept for those who join one of its scopes later; with empty data it clears what is kept
 * @param retryMillis a reconnect delay for the clients, at most 2,147,483,647; one outside of {@value #MIN_RETRY_MILLIS} to
 *     {@value #MAX_RETRY_MILLIS} becomes the nearest of the two, as no broadcaster may keep clients away or have them
 *     reconnect in a loop; null: none
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
        @Nullable Long retryMillis) {
    public static final int MAX_SCOPES = 100;
    public static final int MAX_SCOPES_BYTES = 64 * 1024;
    public static final int MAX_DATA_BYTES = 256 * 1024;
    public static final int MAX_ID_BYTES = 2048;
    public static final int MAX_TYPE_BYTES = 1024;
    public static final int MAX_KEY_BYTES = 1024;
    public static final long MIN_RETRY_MILLIS = 100;
    public static final long MAX_RETRY_MILLIS = 60_000;
    /** How the types of the node's own notices begin. */
    public static final String RESERVED_TYPES = "carillon.";
    /** Topics with this path are the Mercure hub's own. */
    public static final String RESERVED_PATH = "/.well-known/mercure";

    /**
     * @throws CarillonException {@code invalid-event}, naming the field and the rule, or {@code too-large} when only the
     *     data is too long
     */
    public Event {
        scopes = List.copyOf(new LinkedHashSet<>(scopes));
        checkScopes(tenant, scopes);
        checkTopics(tenant, scopes);
        isPrivate |= scopes.stream().anyMatch(scope -> scope.kind().personal());
        check("id", id, MAX_ID_BYTES);
        checkId(id);
        check("type", type, MAX_TYPE_BYTES);
        if (isReservedType(type)) {
            throw invalid("type", "must not begin with \"" + RESERVED_TYPES + "\": those are the node's own notices");
        }
        check("key", key, MAX_KEY_BYTES);
        if (!Text.isWellFormed(data)) {
            throw invalid("data", "is not well-formed Unicode");
        }
        if (data.length() > MAX_DATA_BYTES || Text.utf8Length(data) > MAX_DATA_BYTES) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE, "data: must have at most " + MAX_DATA_BYTES + " bytes of UTF-8");
        }
        if (retryMillis != null && (retryMillis < 0 || retryMillis > Integer.MAX_VALUE)) {
            throw invalid("retry", "must be between 0 and " + Integer.MAX_VALUE + " milliseconds");
        }
        retryMillis = retryMillis == null ? null : Math.clamp(retryMillis, MIN_RETRY_MILLIS, MAX_RETRY_MILLIS);
    }

    /** A draft of an event of the default tenant; system events find their tenant by themselves. */
    public static Draft to(Scope first, Scope... more) {
        Draft draft = new Draft();
        draft.scopes.add(first);
        draft.scopes.addAll(List.of(more));
        return draft;
    }

    public static Draft to(List<Scope> scopes) {
        Draft draft = new Draft();
        draft.scopes.addAll(scopes);
        return draft;
    }

    /**
     * What the Mercure hub says of a subscription, in the topic that is the subscription's own: private, in the tenant's {@linkplain
     * Tenant#announcements log of announcements}, and without a type, a key and a retry. For the hub alone.
     *
     * @throws CarillonException as {@link Event} does
     */
    public static Event announcement(Tenant tenant, Scope subscription, @Nullable String id, String data) {
        return new Event(tenant.announcements(), List.of(subscription), id, null, data, null, true, false, null);
    }

    /** Whether it is in a {@linkplain Tenant#isSideLog side log}. */
    public boolean isInSideLog() {
        return tenant.isSideLog();
    }

    /** Whether the retained event of its scopes is to be removed rather than replaced. */
    public boolean clearsRetained() {
        return retain && data.isEmpty();
    }

    static boolean isReservedType(@Nullable String type) {
        return type != null && type.startsWith(RESERVED_TYPES);
    }

    /** Whether an id that a broadcaster gives can come back by {@code Last-Event-ID} and mean this event and nothing else. */
    static boolean canResume(String id) {
        return refusal(id) == null;
    }

    private static void checkId(@Nullable String id) {
        String rule = id == null ? null : refusal(id);
        if (rule != null) {
            throw invalid("id", rule);
        }
    }

    private static @Nullable String refusal(String id) {
        if (Cursor.isCursor(id)) {
            return "must not begin with \"" + Cursor.PREFIX + "\"";
        }
        if (id.startsWith("#")) {
            return "must not begin with \"#\"";
        }
        if (id.equals(Cursor.EARLIEST)) {
            return "must not be \"" + Cursor.EARLIEST + "\", which asks for all of the history";
        }
        if (isBlank(id.charAt(0)) || isBlank(id.charAt(id.length() - 1))) {
            return "must not begin or end with a blank, which a header does not keep";
        }
        if (EventIds.position(id).isPresent()) {
            return "must not have the form of a generated id: leave it out";
        }
        return null;
    }

    /** Not only those of HTTP (RFC 9110, section 5.5): clients strip what their language calls a blank. */
    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    private static void checkScopes(Tenant tenant, List<Scope> scopes) {
        if (scopes.isEmpty() || scopes.size() > MAX_SCOPES) {
            throw invalid("scopes", "must be 1 to " + MAX_SCOPES);
        }
        int bytes = 0;
        boolean system = false;
        for (Scope scope : scopes) {
            bytes += Text.utf8Length(scope.text());
            system |= scope.kind() == Scope.Kind.SYSTEM;
        }
        if (bytes > MAX_SCOPES_BYTES) {
            throw invalid("scopes", "must have at most " + MAX_SCOPES_BYTES + " bytes together");
        }
        if (system && scopes.size() > 1) {
            throw invalid("scopes", "the system scope stands alone: its events have a log of their own");
        }
        if (system != tenant.equals(Tenant.SYSTEM)) {
            throw invalid("scopes", "the system scope, and it alone, is of the tenant " + Tenant.SYSTEM);
        }
    }

    private static void checkTopics(Tenant tenant, List<Scope> scopes) {
        for (Scope scope : scopes) {
            if (isReservedTopic(scope) != tenant.isAnnouncements()) {
                throw invalid(
                        "scopes",
                        tenant.isAnnouncements()
                                ? "an announcement must be in a topic with " + RESERVED_PATH
                                : "a topic must not contain " + RESERVED_PATH + ": those are the hub's own");
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
            throw invalid(field, "must not be empty: leave it out");
        }
        if (!Text.isWellFormed(value)) {
            throw invalid(field, "is not well-formed Unicode");
        }
        if (Text.hasControl(value)) {
            throw invalid(field, "must not have control characters");
        }
        if (Text.utf8Length(value) > maxBytes) {
            throw invalid(field, "must have at most " + maxBytes + " bytes of UTF-8");
        }
    }

    private static CarillonException invalid(String field, String rule) {
        return new CarillonException(ErrorCode.INVALID_EVENT, field + ": " + rule);
    }

    /** An event being written; not thread-safe. */
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

        private Draft() {}

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

        public Draft data(String value) {
            data = value;
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
            return new Event(home, new ArrayList<>(scopes), id, type, data, key, isPrivate, retain, retryMillis);
        }
    }
}
