package dev.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.Text;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The listed connections of a cluster as lines of text, and their number. */
final class ConnectionTable {
    private static final List<String> COLUMNS =
            List.of("node", "transport", "tenant", "user", "label", "since", "address", "context");
    private static final int MAX_CELL = 200;

    private final JsonNode answer;

    /** @param answer of {@code GET /admin/connections} */
    ConnectionTable(JsonNode answer) {
        this.answer = answer;
    }

    static String count(int connections) {
        return connections == 1 ? "1 connection" : connections + " connections";
    }

    void print(PrintStream out) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(new ArrayList<>(COLUMNS));
        rows.getFirst().add("scopes");
        answer.path("connections").forEach(connection -> rows.add(row(connection)));
        if (rows.size() > 1) {
            int[] widths = new int[COLUMNS.size()];
            for (int i = 0; i < widths.length; i++) {
                int column = i;
                widths[i] = rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0);
            }
            rows.forEach(row -> out.println(line(row, widths)));
        }
        int matching = answer.path("matching").asInt();
        out.println(
                answer.path("truncated").asBoolean()
                        ? rows.size() - 1 + " of " + count(matching) + "; give more criteria to see the others"
                        : count(matching));
    }

    private static List<String> row(JsonNode connection) {
        List<String> row = new ArrayList<>();
        for (String column : COLUMNS) {
            String value = Text.printable(connection.path(column).asText(), MAX_CELL);
            row.add(value.isEmpty() ? "-" : value);
        }
        JsonNode scopes = connection.path("scopes");
        int more = connection.path("scope_count").asInt() - scopes.size();
        row.add(StreamSupport.stream(scopes.spliterator(), false)
                        .map(scope -> Text.printable(scope.asText(), MAX_CELL))
                        .collect(Collectors.joining(" "))
                + (more > 0 ? " and " + more + " more" : ""));
        return row;
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 2);
        }
        return line.append(row.getLast()).toString();
    }
}
