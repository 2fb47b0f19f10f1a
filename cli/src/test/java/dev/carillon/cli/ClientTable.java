package dev.carillon.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What became of each client, by trial and route, as Markdown. */
final class ClientTable {
    private static final String NOT_RUN = "not run";
    private static final List<String> CLIENTS = Stream.concat(
                    Arrays.stream(ClientProgram.values()).map(ClientProgram::title), Stream.of(ChromiumClient.TITLE))
            .toList();

    private final Map<String, Map<String, Map<String, String>>> trials = new LinkedHashMap<>();

    /** @param outcomes by client */
    void add(String trial, String route, Map<String, String> outcomes) {
        trials.computeIfAbsent(trial, _ -> new LinkedHashMap<>()).put(route, outcomes);
    }

    /** On a route, those that are not ok, each with its trial. */
    List<String> failures(String route) {
        List<String> failures = new ArrayList<>();
        trials.forEach((trial, routes) -> routes.getOrDefault(route, Map.of()).forEach((client, outcome) -> {
            if (!outcome.equals(ClientTrial.OK)) {
                failures.add(client + ", " + trial + ": " + outcome);
            }
        }));
        return failures;
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        trials.forEach((trial, routes) -> {
            text.append("## ").append(trial).append("\n\n");
            row(text, "client", routes.keySet());
            row(text, "---", routes.keySet().stream().map(_ -> "---").toList());
            for (String client : CLIENTS) {
                row(
                        text,
                        client,
                        routes.values().stream()
                                .map(outcomes -> outcomes.getOrDefault(client, NOT_RUN))
                                .toList());
            }
            text.append('\n');
        });
        return text + "An application has to reconnect, with the last id, "
                + clients(ClientProgram.Reconnects.BY_APPLICATION) + "; and where a stream breaks off "
                + clients(ClientProgram.Reconnects.UNLESS_BROKEN) + ".\n";
    }

    private static String clients(ClientProgram.Reconnects how) {
        return Arrays.stream(ClientProgram.values())
                .filter(program -> program.reconnects() == how)
                .map(ClientProgram::title)
                .collect(Collectors.joining(", "));
    }

    private static void row(StringBuilder text, String first, Iterable<String> cells) {
        text.append("| ").append(first);
        cells.forEach(cell -> text.append(" | ").append(cell.replace("|", "\\|")));
        text.append(" |\n");
    }
}
