package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.revival.PageLookup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the page of a path, as the routes of the node do: of several patterns, the one whose first parameter is last. Immutable. */
final class PageFinder {
    private static final Pattern PARAMETER = Pattern.compile("\\{([^}]+)}");

    private final List<Entry> entries = new ArrayList<>();

    private record Entry(PageDefinition page, Pattern path) {}

    PageFinder(List<PageDefinition> pages) {
        pages.forEach(page -> entries.add(new Entry(page, path(page.pattern()))));
        // A literal segment comes before a parameter, at the first place where patterns differ.
        entries.sort(Comparator.comparing(
                entry -> PARAMETER.matcher(entry.page().pattern()).replaceAll("\uffff")));
    }

    private static Pattern path(String pattern) {
        return Pattern.compile(Arrays.stream(pattern.split("/", -1))
                .map(segment -> PARAMETER.matcher(segment).matches() ? "([^/]+)" : Pattern.quote(segment))
                .collect(Collectors.joining("/")));
    }

    /** Null: there is no such page. */
    @Nullable
    PageDefinition find(String path) {
        for (Entry entry : entries) {
            if (entry.path().matcher(path).matches()) {
                return entry.page();
            }
        }
        return null;
    }

    /** The page of a pattern, with the parameters of a path; null: there is none. */
    PageLookup.@Nullable Target find(String pattern, String path) {
        for (Entry entry : entries) {
            if (entry.page().pattern().equals(pattern)) {
                return entry.path().matcher(path).matches()
                        ? new PageLookup.Target(entry.page(), parameters(entry, path))
                        : null;
            }
        }
        return null;
    }

    /**
     * The parameters of a path.
     *
     * @throws CarillonException {@code not-found}: the page has no such path
     */
    Map<String, String> parameters(PageDefinition page, String path) {
        for (Entry entry : entries) {
            if (entry.page().pattern().equals(page.pattern())) {
                return parameters(entry, path);
            }
        }
        throw RequestView.unknownPage();
    }

    private static Map<String, String> parameters(Entry entry, String path) {
        Matcher values = entry.path().matcher(path);
        if (!values.matches()) {
            throw RequestView.unknownPage();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        List<String> names = names(entry.page().pattern());
        for (int i = 0; i < names.size(); i++) {
            parameters.put(names.get(i), values.group(i + 1));
        }
        return parameters;
    }

    /** The names of the parameters of a pattern. */
    static List<String> names(String pattern) {
        return PARAMETER.matcher(pattern).results().map(found -> found.group(1)).toList();
    }
}
