package dev.carillon.lab.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.cluster.OtherProxy;
import dev.carillon.lab.faults.FaultRun;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** The outcomes of fault runs as a table in text, Markdown or JSON. */
public final class FaultMatrix {
    private record Column(String name, String member, ToIntFunction<Verdict> value) {}

    /** Number of columns that identify the run. */
    private static final int KEY_COLUMNS = 2;

    private static final List<Column> COLUMNS = List.of(
            new Column("broadcast", "broadcast", Verdict::broadcast),
            new Column("acknowledged", "acknowledged", Verdict::acknowledged),
            new Column("delivered", "delivered", Verdict::delivered),
            new Column("lost", "lost", Verdict::lost),
            new Column("duplicates", "duplicates", Verdict::duplicates),
            new Column("reordered", "reordered", Verdict::reordered),
            new Column("unsignalled", "unsignalled", Verdict::unsignalled),
            new Column("unauthorized", "unauthorized", Verdict::unauthorized),
            new Column("gaps", "gaps", Verdict::gaps),
            new Column("missed in gaps", "missedInGaps", Verdict::missedInGaps),
            new Column("reconnects", "reconnects", Verdict::reconnects));

    private final List<? extends FaultRun.Outcome> outcomes;

    public FaultMatrix(List<? extends FaultRun.Outcome> outcomes) {
        this.outcomes = outcomes;
    }

    public String text() {
        List<List<String>> rows = rows();
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        rows.forEach(row -> {
            // The reason for which a run was not measured spans the columns.
            for (int i = 0; i < (row.size() < columns ? KEY_COLUMNS : columns); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                if (i == KEY_COLUMNS && row.size() < columns) {
                    text.append("  ").append(row.get(i));
                    continue;
                }
                String pad = " ".repeat(widths[i] - row.get(i).length());
                text.append(i == 0 ? "" : "  ").append(i < KEY_COLUMNS ? row.get(i) + pad : pad + row.get(i));
            }
            text.append('\n');
        }
        return text.toString();
    }

    public String markdown() {
        List<List<String>> rows = new ArrayList<>(rows());
        int columns = rows.getFirst().size();
        rows.add(1, rows.getFirst().stream().map(name -> "---").toList());
        return rows.stream()
                .map(row -> row.stream()
                                .map(cell -> cell.replace("|", "\\|"))
                                .collect(Collectors.joining(" | ", "| ", " |"))
                        + " |".repeat(columns - row.size())
                        + "\n")
                .collect(Collectors.joining());
    }

    private List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("fault", "broker"));
        COLUMNS.forEach(column -> head.add(column.name()));
        head.add("recovery");
        head.add("live heap");
        rows.add(head);
        for (FaultRun.Outcome outcome : outcomes) {
            List<String> row = new ArrayList<>(
                    List.of(outcome.plan().label(), outcome.plan().broker()));
            switch (outcome) {
                case FaultRun.Result result -> row.addAll(cells(result));
                case FaultRun.NotMeasured not -> row.add("not measured: " + not.reason());
            }
            rows.add(row);
        }
        return rows;
    }

    private static List<String> cells(FaultRun.Result result) {
        List<String> cells = new ArrayList<>();
        COLUMNS.forEach(column -> cells.add(Integer.toString(column.value().applyAsInt(result.verdict()))));
        cells.add(
                result.recoveryMillis().isPresent()
                        ? String.format(
                                Locale.ROOT, "%.1f s", result.recoveryMillis().getAsLong() / 1_000.0)
                        : "never");
        cells.add(
                result.heapBytes().isEmpty()
                        ? "-"
                        : result.heapBytes().stream()
                                .map(bytes -> Long.toString(bytes >> 20))
                                .collect(Collectors.joining(" ", "", " MiB")));
        return cells;
    }

    public String json() {
        ArrayNode runs = JsonNodeFactory.instance.arrayNode();
        for (FaultRun.Outcome outcome : outcomes) {
            ObjectNode run = runs.addObject();
            run.put("api", outcome.plan().audience().label());
            run.put("proxy", outcome.plan().proxy().map(OtherProxy::name).orElse("embedded"));
            run.put("fault", outcome.plan().fault().label());
            run.put("broker", outcome.plan().broker());
            run.put("connections", outcome.plan().subscribers());
            run.put("clean", outcome.clean());
            switch (outcome) {
                case FaultRun.Result result -> put(result, run);
                case FaultRun.NotMeasured not -> run.put("notMeasured", not.reason());
            }
        }
        return runs.toPrettyString() + "\n";
    }

    private static void put(FaultRun.Result result, ObjectNode run) {
        COLUMNS.forEach(column -> run.put(column.member(), column.value().applyAsInt(result.verdict())));
        run.put("failedRequests", result.verdict().failedRequests());
        run.put("refusedRequests", result.verdict().refusedRequests());
        run.put("givenUp", result.verdict().givenUp());
        run.put("unexpected", result.verdict().unexpected());
        run.put("repeatedOverLoss", result.verdict().repeatedOverLoss());
        if (result.recoveryMillis().isPresent()) {
            run.put("recoveryMillis", result.recoveryMillis().getAsLong());
        }
        ArrayNode heap = run.putArray("heapBytes");
        result.heapBytes().forEach(heap::add);
        result.outage().ifPresent(outage -> {
            ObjectNode streams = run.putObject("outage");
            streams.put("streams", outage.streams());
            streams.put("ended", outage.ended());
            streams.put("notifiedUnavailable", outage.notifiedUnavailable());
            streams.put("notifiedConnected", outage.notifiedConnected());
        });
        result.reconnects().ifPresent(found -> {
            ObjectNode moves = run.putObject("restart");
            moves.put("moved", found.moved());
            moves.put("notOpened", found.failed());
            moves.put("refused", found.refusals());
            moves.put("longestWithoutStreamMillis", found.longestMillis());
            moves.put("mostReturned", found.mostReturned());
        });
        ArrayNode findings = run.putArray("findings");
        result.verdict().findings().forEach(findings::add);
    }
}
