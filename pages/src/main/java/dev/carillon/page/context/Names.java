package dev.carillon.page.context;

import dev.carillon.scope.Scope;
import java.util.regex.Pattern;

/** Rules for names that an application gives. */
final class Names {
    /** Ids of elements of every page begin with this. */
    static final String RESERVED = "carillon";

    static final int MAX_SCOPE_CHARS = 256;

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,63}");

    private Names() {}

    /** @param kind for the message, such as {@code signal} */
    static String checked(String kind, String name) {
        if (!NAME.matcher(name).matches() || name.startsWith(RESERVED)) {
            throw new IllegalArgumentException(kind + " \"" + name
                    + "\": a name has 1 to 64 letters, digits, '_' or '-', begins with a letter, and not with "
                    + RESERVED);
        }
        return name;
    }

    static Scope checked(Scope scope) {
        if (scope.name().length() > MAX_SCOPE_CHARS) {
            throw new IllegalArgumentException(
                    "a scope of pages has a name of at most " + MAX_SCOPE_CHARS + " characters");
        }
        if (scope.kind() == Scope.Kind.SYSTEM) {
            throw new IllegalArgumentException("pages cannot use the scope system");
        }
        return scope;
    }
}
