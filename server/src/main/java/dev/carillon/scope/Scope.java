package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.util.Arrays;
import java.util.Locale;

/**
 * The audience of a broadcast. Its text is {@code global}, {@code system} or {@code kind:name}, for example {@code route:/board}.
 *
 * @param name 1 to {@value #MAX_NAME_BYTES} bytes of well-formed UTF-8 without control characters; the name of a route begins with {@code /};
 *     {@code global} and {@code system} have an empty name
 */
public record Scope(Kind kind, String name) {
    public static final int MAX_NAME_BYTES = 1024;

    /** All clients of the tenant. */
    public static final Scope GLOBAL = new Scope(Kind.GLOBAL, "");
    /** All clients of all tenants; only operators may broadcast to it. */
    public static final Scope SYSTEM = new Scope(Kind.SYSTEM, "");

    /** The kinds of scopes, from one tab to all tenants. */
    public enum Kind {
        /** One context, named by its id. */
        TAB,
        /** One browser, named by the public handle of its session. */
        SESSION,
        /** One user, named by the subject of the token. */
        USER,
        /** A page, named by its path. */
        ROUTE,
        /** A topic of the application's choice. */
        TOPIC,
        /** All clients of the tenant. */
        GLOBAL,
        /** All clients of all tenants. */
        SYSTEM;

        private final String text = name().toLowerCase(Locale.ROOT);

        public String text() {
            return text;
        }

        static boolean isKnown(String text) {
            return Arrays.stream(values()).anyMatch(kind -> kind.text.equals(text));
        }

        /** Whether a scope of this kind has a name; only {@code global} and {@code system} have none. */
        public boolean named() {
            return this != GLOBAL && this != SYSTEM;
        }

        /** Whether events of such a scope are always private. */
        public boolean personal() {
            return this == TAB || this == SESSION || this == USER;
        }
    }

    /** @throws CarillonException {@code invalid-scope}, with a message that names the scope and the rule */
    public Scope {
        if (kind.named()) {
            if (name.isEmpty()) {
                throw invalid(kind.text() + ":", "must have a name after the colon");
            }
            if (!Text.isWellFormed(name)) {
                throw invalid(kind.text() + ":" + name, "must be well-formed Unicode, without unpaired surrogates");
            }
            if (Text.utf8Length(name) > MAX_NAME_BYTES) {
                throw invalid(
                        kind.text() + ":" + name, "the name must have at most " + MAX_NAME_BYTES + " bytes of UTF-8");
            }
            if (Text.hasControl(name)) {
                throw invalid(kind.text() + ":" + name, "the name must not contain control characters");
            }
            if (kind == Kind.ROUTE && name.charAt(0) != '/') {
                throw invalid(kind.text() + ":" + name, "the path of a route must begin with /");
            }
        } else if (!name.isEmpty()) {
            throw invalid(kind.text() + ":" + name, "must not have a name");
        }
    }

    public static Scope tab(String contextId) {
        return new Scope(Kind.TAB, contextId);
    }

    public static Scope session(String handle) {
        return new Scope(Kind.SESSION, handle);
    }

    public static Scope user(String subject) {
        return new Scope(Kind.USER, subject);
    }

    public static Scope route(String path) {
        return new Scope(Kind.ROUTE, path);
    }

    public static Scope topic(String name) {
        return new Scope(Kind.TOPIC, name);
    }

    /**
     * Reads the format of {@link #text()}.
     *
     * @throws CarillonException {@code invalid-scope} for any other text
     */
    public static Scope parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        for (Kind k : Kind.values()) {
            if (k.text().equals(kind) && k.named() == (colon >= 0)) {
                return k == Kind.GLOBAL ? GLOBAL : k == Kind.SYSTEM ? SYSTEM : new Scope(k, text.substring(colon + 1));
            }
        }
        throw invalid(
                text,
                "must be global, system, or a name after tab:, session:, user:, route: or topic:, for example topic:news");
    }

    /** {@code global}, {@code system} or {@code kind:name}; {@link #parse} reads it. */
    public String text() {
        return kind.named() ? kind.text() + ":" + name : kind.text();
    }

    @Override
    public String toString() {
        return text();
    }

    private static CarillonException invalid(String text, String rule) {
        return new CarillonException(ErrorCode.INVALID_SCOPE, "scope \"" + Text.printable(text, 100) + "\": " + rule);
    }
}
