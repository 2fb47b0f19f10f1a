package dev.carillon.scope;

import dev.carillon.base.Text;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The rules for the tags of an event. */
final class EventTags {
    static final int MAX_TAGS = 20;
    static final int MAX_NAME_LENGTH = 64;
    static final int MAX_VALUE_BYTES = 256;

    private static final SortedMap<String, String> NONE = Collections.emptySortedMap();

    private EventTags() {}

    /** @return an immutable copy */
    static SortedMap<String, String> checked(Map<String, String> tags) {
        if (tags.isEmpty()) {
            return NONE;
        }
        if (tags.size() > MAX_TAGS) {
            throw Event.invalid("tags", "must be at most " + MAX_TAGS + ", but are " + tags.size());
        }
        SortedMap<String, String> copy = new TreeMap<>(tags);
        copy.forEach(EventTags::check);
        return Collections.unmodifiableSortedMap(copy);
    }

    private static void check(String name, String value) {
        if (!isName(name)) {
            throw Event.invalid(
                    "tags",
                    "the name \"" + Text.printable(name, MAX_NAME_LENGTH) + "\" must have 1 to " + MAX_NAME_LENGTH
                            + " letters, digits, '_', '.' or '-'");
        }
        if (!Text.isWellFormed(value) || Text.hasControl(value) || Text.utf8Length(value) > MAX_VALUE_BYTES) {
            throw Event.invalid(
                    "tags",
                    "the value of \"" + name + "\" must have at most " + MAX_VALUE_BYTES
                            + " bytes of UTF-8, without control characters");
        }
    }

    static boolean isName(String text) {
        if (text.isEmpty() || text.length() > MAX_NAME_LENGTH) {
            return false;
        }
        return text.chars()
                .allMatch(c -> c >= 'a' && c <= 'z'
                        || c >= 'A' && c <= 'Z'
                        || c >= '0' && c <= '9'
                        || c == '_'
                        || c == '.'
                        || c == '-');
    }
}
