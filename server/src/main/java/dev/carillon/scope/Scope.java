package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.util.Locale;

/**
 * Whom a broadcast concerns. As text: {@code global}, {@code system}, or {@code kind:name}, as in {@code route:/board}.
 *
 * <p>A name is 1 to {@value #MAX_NAME_BYTES} bytes of UTF-8 without control characters; a route's begins with {@code /}.
 */
public record Scope(Kind kind, String name) {
    public static final int MAX_NAME_BYTES = 1024;

    public static final Scope GLOBAL = new Scope(Kind.GLOBAL, "");
    public static final Scope SYSTEM = new Scope(Kind.SYSTEM, "");

    /** The kinds of scope, from one open tab to all tenants. */
    public enum Kind {
        TAB,
        SESSION,
        USER,
        ROUTE,
        TOPIC,
        GLOBAL,
        SYSTEM;

        private final String text = name().toLowerCase(Locale.ROOT);

        public String text() {
            return text;
        }

        /** Whether a scope of this kind is named; global and system are not. */
        public boolean named() {
            return this != GLOBAL && this != SYSTEM;
        }

        /** Whether what is broadcast to such a scope is always private to those who are in it. */
        public boolean personal() {
            return this == TAB || this == SESSION || this == USER;
        }
    }

    /** @throws CarillonException {@code invalid-scope}, naming the rule that is broken */
    public Scope {
        if (kind.named()) {
            if (name.isEmpty()) {
                throw invalid(kind.text() + ":", "a name must follow the colon");
            }
            if (!Text.isWellFormed(name)) {
                throw invalid(kind.text() + ":" + name, "is not well-formed Unicode");
            }
            if (Text.utf8Length(name) > MAX_NAME_BYTES) {
                throw invalid(kind.text() + ":" + name, "a name has at most " + MAX_NAME_BYTES + " bytes");
            }
            if (Text.hasControl(name)) {
                throw invalid(kind.text() + ":" + name, "a name has no control characters");
            }
            if (kind == Kind.ROUTE && name.charAt(0) != '/') {
                throw invalid(kind.text() + ":" + name, "a route begins with /");
            }
        } else if (!name.isEmpty()) {
            throw invalid(kind.text() + ":" + name, "this scope takes no name");
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

    /** @throws CarillonException {@code invalid-scope} when the text is none of the known forms */
    public static Scope parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        for (Kind k : Kind.values()) {
            if (k.text().equals(kind) && k.named() == (colon >= 0)) {
                return k == Kind.GLOBAL ? GLOBAL : k == Kind.SYSTEM ? SYSTEM : new Scope(k, text.substring(colon + 1));
            }
        }
        throw invalid(
                text, "must be global, system, or one of tab:, session:, user:, route: and topic: followed by a name");
    }

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
