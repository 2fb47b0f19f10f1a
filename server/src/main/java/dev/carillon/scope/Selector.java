package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/**
 * A pattern over scopes as text, in which {@code *} matches any characters: {@code topic:room/*}, {@code *}. The system
 * scope is matched only by {@code system} itself, so that {@code *} stays within a tenant.
 *
 * <p>Matching takes time in proportion to the product of both lengths at the most.
 */
public record Selector(String pattern) implements ScopeSelector {
    public static final int MAX_LENGTH = 2048;

    public Selector {
        if (pattern.isEmpty() || pattern.length() > MAX_LENGTH || Text.hasControl(pattern)) {
            throw new CarillonException(
                    ErrorCode.INVALID_SCOPE,
                    "selector \"" + Text.printable(pattern, 100) + "\": must have 1 to " + MAX_LENGTH
                            + " characters, none a control character");
        }
    }

    @Override
    public boolean matches(Scope scope) {
        if (scope.kind() == Scope.Kind.SYSTEM) {
            return pattern.equals(scope.text());
        }
        return matches(pattern, scope.text());
    }

    /** Greedy match with one step back to the last star: no recursion, no backtracking beyond it. */
    private static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int mark = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                mark = t;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
                p++;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++mark;
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
