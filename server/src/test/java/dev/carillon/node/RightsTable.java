package dev.carillon.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A table of docs/threat-model.md: the status of the response to each request by each caller.
 *
 * @param <C> the callers, which are the columns
 */
record RightsTable<C extends Enum<C> & RightsTable.Caller>(Class<C> type, List<Row<C>> rows) {
    /** In place of the id of a context that has a connection. */
    static final String CONTEXT = "CONTEXT";

    private static final Path PAGE = Path.of("..", "docs", "threat-model.md");

    /** A column. */
    interface Caller {
        String title();
    }

    /**
     * A row.
     *
     * @param request as {@link RightsRequest#of} parses it, with {@code admin:} or {@code internal:} before a path at those ports
     */
    record Row<C extends Enum<C>>(String request, Map<C, String> cells) {
        String cell(C caller) {
            return Objects.requireNonNull(cells.get(caller));
        }

        int port(Node node) {
            return request.contains(" admin:")
                    ? node.adminPort()
                    : request.contains(" internal:") ? node.internalPort() : node.port();
        }

        /** Method, port and path template. */
        String route() {
            String[] parts = request.split(" ", 3);
            String path = parts[1].replaceFirst("\\?.*", "");
            return parts[0] + " "
                    + path.replaceFirst("/contexts/(" + CONTEXT + "|none)$", "/contexts/{id}")
                            .replaceFirst("/subscriptions/a$", "/subscriptions/{subscriptions-topic}")
                            .replaceFirst("/subscriptions/a/b$", "/subscriptions/{subscriptions-topic}/{subscriber}");
        }
    }

    /** @param text a line per row: the request, a bar, and a status for each caller, or one status for all of them */
    static <C extends Enum<C> & Caller> RightsTable<C> parse(Class<C> type, String text) {
        return new RightsTable<>(type, text.lines().map(line -> row(type, line)).toList());
    }

    private static <C extends Enum<C> & Caller> Row<C> row(Class<C> type, String line) {
        int bar = line.lastIndexOf(" | ");
        List<String> statuses = List.of(line.substring(bar + 3).strip().split(" +"));
        C[] callers = type.getEnumConstants();
        if (statuses.size() != 1 && statuses.size() != callers.length) {
            throw new AssertionError("must have a cell for each caller: " + line);
        }
        Map<C, String> cells = new EnumMap<>(type);
        for (C caller : callers) {
            cells.put(caller, statuses.size() == 1 ? statuses.getFirst() : statuses.get(cells.size()));
        }
        return new Row<>(line.substring(0, bar).strip(), cells);
    }

    List<C> callers() {
        return List.of(type.getEnumConstants());
    }

    Set<String> routes() {
        return rows.stream().map(Row::route).collect(Collectors.toSet());
    }

    String markdown() {
        String head = "| request | "
                + Arrays.stream(type.getEnumConstants()).map(Caller::title).collect(Collectors.joining(" | "))
                + " |\n| --- |" + " --- |".repeat(callers().size()) + "\n";
        return head
                + rows.stream()
                        .map(row -> "| `" + row.request() + "` | "
                                + String.join(" | ", row.cells().values()) + " |\n")
                        .collect(Collectors.joining());
    }

    /** The part of the page between the markers with this name. */
    static String published(String name) {
        try {
            String page = Files.readString(PAGE);
            String begin = "<!-- " + name + ": begin -->\n";
            return page.substring(page.indexOf(begin) + begin.length(), page.indexOf("<!-- " + name + ": end -->"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
