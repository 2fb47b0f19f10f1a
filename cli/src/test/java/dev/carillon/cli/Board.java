package dev.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files for Prometheus and Grafana of a release. */
final class Board {
    static final Path FOLDER =
            Path.of("..", "dist", "monitoring").toAbsolutePath().normalize();
    static final Path RULES = FOLDER.resolve("prometheus-rules.yml");
    static final Path TESTS = FOLDER.resolve("rules-test.yml");

    private static final Pattern NAME = Pattern.compile("\\bcarillon_[a-z_]+");

    private Board() {}

    /** The panels without the titles of rows. */
    static List<JsonNode> panels() {
        List<JsonNode> panels = new ArrayList<>();
        json().get("panels").forEach(panels::add);
        panels.removeIf(panel -> panel.get("type").asText().equals("row"));
        return panels;
    }

    static JsonNode json() {
        try {
            return new ObjectMapper().readTree(Files.readString(FOLDER.resolve("grafana-carillon.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<JsonNode> targets(JsonNode panel) {
        List<JsonNode> targets = new ArrayList<>();
        panel.get("targets").forEach(targets::add);
        return targets.stream();
    }

    static List<String> queries() {
        return panels().stream()
                .flatMap(Board::targets)
                .map(target -> target.get("expr").asText())
                .toList();
    }

    /** The metrics that a text names, without the endings of histograms. */
    static Set<String> metrics(String text) {
        return NAME.matcher(text)
                .results()
                .map(match -> match.group().replaceFirst("_(bucket|sum|count)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
