package dev.carillon.scope;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Selects events of routes and topics by their tags. An event matches if each condition does; a condition names a tag and the values it may have, of which
 * one that ends with {@code *} is a prefix. Events of other scopes are not filtered. Immutable.
 *
 * <p>Written as {@code region:eu}, {@code region:eu,us} or {@code name:ab*}. A backslash before {@code ,}, {@code *} or a backslash makes it part of the value.
 */
public final class TagFilter {
    public static final int MAX_CONDITIONS = 10;
    public static final int MAX_LENGTH = 1_024;

    private static final int MAX_SHOWN = 100;

    private final List<Condition> conditions;

    /** @param prefix whether the text is only the beginning of the value */
    private record Value(String text, boolean prefix) {
        boolean matches(String value) {
            return prefix ? value.startsWith(text) : value.equals(text);
        }
    }

    private record Condition(String tag, List<Value> values) {
        boolean matches(Map<String, String> tags) {
            String value = tags.get(tag);
            if (value == null) {
                return false;
            }
            for (Value each : values) {
                if (each.matches(value)) {
                    return true;
                }
            }
            return false;
        }
    }

    private TagFilter(List<Condition> conditions) {
        this.conditions = conditions;
    }

    /**
     * Reads the conditions of a filter.
     *
     * @param conditions at most {@value #MAX_CONDITIONS}, of at most {@value #MAX_LENGTH} characters in total
     * @return null: there are none
     * @throws CarillonException {@code invalid-request}, with a message that names the condition and the rule
     */
    public static @Nullable TagFilter parse(Collection<String> conditions) {
        if (conditions.isEmpty()) {
            return null;
        }
        if (conditions.size() > MAX_CONDITIONS
                || conditions.stream().mapToInt(String::length).sum() > MAX_LENGTH) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    "filter: must have at most " + MAX_CONDITIONS + " conditions of at most " + MAX_LENGTH
                            + " characters in total");
        }
        return new TagFilter(conditions.stream().map(TagFilter::condition).toList());
    }

    private static Condition condition(String text) {
        int colon = text.indexOf(':');
        if (colon < 0 || !EventTags.isName(text.substring(0, colon))) {
            throw invalid(text, "must be TAG:VALUE, TAG:VALUE,VALUE or TAG:PREFIX*");
        }
        List<Value> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean prefix = false;
        for (int i = colon + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ',') {
                values.add(new Value(value.toString(), prefix));
                value.setLength(0);
                prefix = false;
                continue;
            }
            if (prefix) {
                throw invalid(text, "must have * at the end of a value only; write \\* for the character");
            }
            if (c == '*') {
                prefix = true;
                continue;
            }
            if (c == '\\') {
                if (++i == text.length()) {
                    throw invalid(text, "must not end with a backslash");
                }
                c = text.charAt(i);
            }
            value.append(c);
        }
        values.add(new Value(value.toString(), prefix));
        return new Condition(text.substring(0, colon), List.copyOf(values));
    }

    private static CarillonException invalid(String condition, String rule) {
        return new CarillonException(
                ErrorCode.INVALID_REQUEST, "filter " + Text.printable(condition, MAX_SHOWN) + ": " + rule);
    }

    /** Whether events of the scope are filtered: those of routes and topics, which the client has chosen. */
    public static boolean appliesTo(Scope scope) {
        return scope.kind() == Scope.Kind.ROUTE || scope.kind() == Scope.Kind.TOPIC;
    }

    /** Whether an event of a filtered scope has the tags. */
    public boolean matches(Map<String, String> tags) {
        for (Condition condition : conditions) {
            if (!condition.matches(tags)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether an event matches, or is also in a scope that is not filtered.
     *
     * @param scopes those of the client
     */
    public boolean admits(Event event, Predicate<Scope> scopes) {
        return matches(event.tags())
                || event.scopes().stream().anyMatch(scope -> !appliesTo(scope) && scopes.test(scope));
    }
}
