package dev.carillon.lab.report;

import dev.carillon.lab.sticky.StickyPlan;
import dev.carillon.lab.sticky.StickyResult;
import dev.carillon.lab.sticky.StickyResult.Row;
import dev.carillon.lab.sticky.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The result of {@code bench sticky} as text and as Markdown. */
public final class StickyTable {
    private static final List<String> HEAD = List.of(
            "nodes",
            "sticky",
            "owner routing",
            "right",
            "counts",
            "actions/s",
            "p50 ms",
            "p99 ms",
            "CPU us",
            "store ops",
            "store bytes",
            "hops");
    private static final List<String> RATIOS =
            List.of("nodes", "p50", "p99", "actions/s", "CPU per action", "CPU per hop, us", "store ops");

    private final StickyResult result;

    public StickyTable(StickyResult result) {
        this.result = result;
    }

    private String title() {
        StickyPlan plan = result.plan();
        return text(
                "%,d actions of %d tabs, %d rounds; broker %s, action %s. CPU, store operations and hops are per action, of all nodes.",
                result.rows().stream().mapToLong(Row::actions).sum(),
                plan.tabs(),
                plan.rounds(),
                plan.broker(),
                plan.action().text());
    }

    private List<List<String>> table() {
        List<List<String>> lines = new ArrayList<>(List.of(HEAD));
        for (Row row : result.rows()) {
            lines.add(List.of(
                    text("%d", row.nodes()),
                    row.variant().isSticky() ? "yes" : "no",
                    row.variant().hasOwnerRouting() ? "on" : "off",
                    percent(row),
                    row.exact() ? "exact" : "WRONG",
                    text("%,.0f", row.actionsPerSecond()),
                    text("%.2f", row.p50Micros() / 1e3),
                    text("%.2f", row.p99Micros() / 1e3),
                    text("%.0f", row.cpuMicros()),
                    text("%.2f", row.storeOperations()),
                    text("%.0f", row.storeBytes()),
                    text("%.2f", row.hops())));
        }
        return lines;
    }

    /** Never rounded up to 100 %. */
    private static String percent(Row row) {
        double percent = Math.floor(row.rightShare() * 10_000) / 100;
        return text("%.2f %%", percent);
    }

    /** Random routing, relative to sticky routing, both with owner routing. */
    private List<List<String>> ratios() {
        List<List<String>> lines = new ArrayList<>(List.of(RATIOS));
        result.plan().nodes().forEach(nodes -> {
            Row sticky = row(nodes, Variant.STICKY);
            Row random = row(nodes, Variant.RANDOM);
            lines.add(List.of(
                    text("%d", nodes),
                    ratio(random, sticky, Row::p50Micros),
                    ratio(random, sticky, Row::p99Micros),
                    ratio(random, sticky, Row::actionsPerSecond),
                    ratio(random, sticky, Row::cpuMicros),
                    random.hops() > sticky.hops()
                            ? text("%.0f", (random.cpuMicros() - sticky.cpuMicros()) / (random.hops() - sticky.hops()))
                            : "-",
                    ratio(random, sticky, Row::storeOperations)));
        });
        return lines;
    }

    private Row row(int nodes, Variant variant) {
        return result.rows().stream()
                .filter(row -> row.nodes() == nodes && row.variant() == variant)
                .findFirst()
                .orElseThrow();
    }

    private static String ratio(Row row, Row base, ToDoubleFunction<Row> value) {
        double ratio = value.applyAsDouble(row) / value.applyAsDouble(base);
        return Double.isFinite(ratio) ? text("%.2f", ratio) : "-";
    }

    private String ratioTitle() {
        return "Random routing, relative to sticky routing, with owner routing:";
    }

    public String text() {
        return title() + "\n\n" + aligned(table()) + "\n" + ratioTitle() + "\n\n" + aligned(ratios());
    }

    public String markdown() {
        return title() + "\n\n" + piped(table()) + "\n" + ratioTitle() + "\n\n" + piped(ratios());
    }

    private static String aligned(List<List<String>> lines) {
        List<Integer> widths = IntStream.range(0, lines.getFirst().size())
                .mapToObj(i -> lines.stream()
                        .mapToInt(line -> line.get(i).length())
                        .max()
                        .orElse(0))
                .toList();
        return lines.stream()
                .map(line -> IntStream.range(0, line.size())
                        .mapToObj(i -> " ".repeat(widths.get(i) - line.get(i).length()) + line.get(i))
                        .collect(Collectors.joining("  ", "", "\n")))
                .collect(Collectors.joining());
    }

    private static String piped(List<List<String>> lines) {
        List<String> all = new ArrayList<>(lines.stream()
                .map(line -> "| " + String.join(" | ", line) + " |\n")
                .toList());
        all.add(1, "|" + " --- |".repeat(lines.getFirst().size()) + "\n");
        return String.join("", all);
    }

    @SuppressWarnings("AnnotateFormatMethod") // Formats are literals; the annotation would need a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
