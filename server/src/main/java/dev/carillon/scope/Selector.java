package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/**
 * A pattern for the {@linkplain Scope#text text of scopes} in which {@code *} matches any number of characters, for example {@code
 * topic:room/*}. Only the pattern {@code system} matches the system scope, so that {@code *} covers one tenant only.
 *
 * <p>Matching takes at most time in proportion to the product of the lengths of pattern and text.
 *
 * @param pattern 1 to {@value #MAX_LENGTH} characters, no control characters
 */
public record Selector(String pattern) implements ScopeSelector {
    public static final int MAX_LENGTH = 2048;

    /** @throws CarillonException {@code invalid-scope} if the pattern breaks the rule */
    public Selector {
        if (pattern.isEmpty() || pattern.length() > MAX_LENGTH || Text.hasControl(pattern)) {
            throw new CarillonException(
                    ErrorCode.INVALID_SCOPE,
                    "selector \"" + Text.printable(pattern, 100) + "\": must have 1 to " + MAX_LENGTH
                            + " characters and no control characters");
        }
    }

    @Override
    public boolean matches(Scope scope) {
        if (scope.kind() == Scope.Kind.SYSTEM) {
            return pattern.equals(scope.text());
        }
        return matches(pattern, scope.text());
    }

    /** Greedy; backtracks to the last star only, and does not recurse. */
    private static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int starEnd = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                starEnd = t;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++starEnd;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    @Override
    public String toString() {
        return pattern;
    }
}
