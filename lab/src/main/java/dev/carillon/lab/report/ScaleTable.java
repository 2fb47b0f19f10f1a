package dev.carillon.lab.report;

import dev.carillon.lab.scale.Figure;
import dev.carillon.lab.scale.PointResult;
import dev.carillon.lab.scale.ScalePoint;
import dev.carillon.lab.scale.ScalingLaw;
import dev.carillon.lab.scale.Spread;
import dev.carillon.lab.scale.Sweep;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The result of a {@link Sweep} as text: a line for each point, with what differs between points as its name. */
public final class ScaleTable {
    private static final List<Column> COLUMNS = List.of(
            new Column("deliveries/s", Figure.DELIVERIES),
            new Column("p99 ms", Figure.P99),
            new Column("nodes, processors", Figure.NODE_PROCESSORS),
            new Column("us/delivery", Figure.PER_DELIVERY),
            new Column("us/broadcast", Figure.PER_EVENT),
            new Column("broker, processors", Figure.BROKER_PROCESSORS),
            new Column("other nodes, processors", Figure.OTHER_NODE_PROCESSORS),
            new Column("other nodes, B/broadcast", Figure.OTHER_NODE_PER_EVENT));

    private record Column(String name, Figure figure) {
        String head() {
            return name + " (" + (figure.origin() == Figure.Origin.MEASURED ? "m" : "d") + ")";
        }
    }

    private final Sweep.Result result;
    private final List<Map.Entry<String, Function<ScalePoint, Object>>> varying;

    public ScaleTable(Sweep.Result result) {
        this.result = result;
        this.varying = dimensions().entrySet().stream()
                .filter(one -> result.results().stream()
                                .map(point -> one.getValue().apply(point.point()))
                                .distinct()
                                .count()
                        > 1)
                .toList();
    }

    private static Map<String, Function<ScalePoint, Object>> dimensions() {
        Map<String, Function<ScalePoint, Object>> all = new LinkedHashMap<>();
        all.put("nodes", ScalePoint::nodes);
        all.put("I/O threads", ScalePoint::ioThreads);
        all.put("connections", ScalePoint::connections);
        all.put("broadcasts/s", point -> ScalePoint.number(point.rate()));
        all.put("bytes", ScalePoint::payload);
        all.put("scope", ScalePoint::scope);
        all.put("broker", ScalePoint::broker);
        all.put("proxy", ScalePoint::proxy);
        all.put("sticky", point -> point.sticky() ? "yes" : "no");
        all.put("transport", ScalePoint::transport);
        all.put("protocol", ScalePoint::protocol);
        all.put("clients", point -> switch (point.placement()) {
            case SPREAD -> "on all nodes";
            case FIRST_NODE -> "on one node";
            case FLOODED -> "on one node, all flooded";
        });
        return all;
    }

    /** What distinguishes a point from the others, as in {@code nodes 2, connections 1000}. */
    String name(ScalePoint point) {
        return varying.isEmpty()
                ? point.toString()
                : varying.stream()
                        .map(one -> one.getKey() + " " + one.getValue().apply(point))
                        .collect(Collectors.joining(", "));
    }

    /** What all points have in common. */
    String common() {
        if (result.results().isEmpty()) {
            return "no points";
        }
        ScalePoint first = result.results().getFirst().point();
        return dimensions().entrySet().stream()
                .filter(one ->
                        varying.stream().noneMatch(other -> other.getKey().equals(one.getKey())))
                .map(one -> one.getKey() + " " + one.getValue().apply(first))
                .collect(Collectors.joining(", "))
                .replace("I/O threads 0", "I/O threads by default");
    }

    List<PointResult> results() {
        return result.results();
    }

    /** The points that were not measured or are not valid, with the reasons. */
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (!result.left().isEmpty()) {
            remarks.add(result.left().size() + " of "
                    + (result.left().size() + result.results().size()) + " points were not measured: "
                    + result.reason() + "; continue with --resume");
        }
        for (PointResult one : result.results()) {
            switch (one.status()) {
                case ENDED_EARLY -> remarks.add("ended early: " + name(one.point()) + ": " + one.reason());
                case FAILED -> remarks.add("failed: " + name(one.point()) + ": " + one.reason());
                case MEASURED -> {
                    if (!one.valid()) {
                        remarks.add("not valid: " + name(one.point()) + ": the load generator was too slow: "
                                + one.notes().stream().findFirst().orElse(""));
                    }
                    if (!one.clean()) {
                        remarks.add("not clean: " + name(one.point())
                                + ": not every client received every event once and in order");
                    }
                }
            }
        }
        return remarks;
    }

    /** The law of points that differ only in their number of nodes; derived, because all nodes share this machine. */
    Map<String, ScalingLaw> laws() {
        Map<String, Map<Integer, Double>> groups = new LinkedHashMap<>();
        for (PointResult one : result.results()) {
            Spread capacity = one.figures().get(Figure.CAPACITY);
            if (capacity != null) {
                String group = varying.stream()
                        .filter(dimension -> !dimension.getKey().equals("nodes"))
                        .map(dimension ->
                                dimension.getKey() + " " + dimension.getValue().apply(one.point()))
                        .collect(Collectors.joining(", "));
                groups.computeIfAbsent(group.isEmpty() ? "all points" : group, _ -> new TreeMap<>())
                        .put(one.point().nodes(), capacity.median());
            }
        }
        Map<String, ScalingLaw> laws = new LinkedHashMap<>();
        groups.forEach((name, values) -> {
            Optional<ScalingLaw> law = ScalingLaw.fit(values);
            law.ifPresent(found -> laws.put(name, found));
        });
        return laws;
    }

    static String sentence(String group, ScalingLaw law) {
        return String.format(
                Locale.ROOT,
                "%s: one node %,.0f deliveries/s per processor, contention %.1f %%, coherence %.2f %%; 8 nodes do the work of %.1f",
                group,
                law.rate(),
                100 * law.contention(),
                100 * law.coherence(),
                law.of(8) / law.rate());
    }

    private List<Column> columns() {
        return COLUMNS.stream()
                .filter(column ->
                        results().stream().anyMatch(one -> one.figures().containsKey(column.figure)))
                .toList();
    }

    /** The head of the table: the name of the point, and the figures that most points have. */
    List<String> head() {
        return Stream.concat(Stream.of("point"), columns().stream().map(Column::head))
                .toList();
    }

    /** The cells of a point, as in {@link #head}. */
    List<String> row(PointResult one) {
        return Stream.concat(
                        Stream.of(name(one.point())),
                        columns().stream().map(column -> cell(one.figures().get(column.figure))))
                .toList();
    }

    /** The table; every line ends with LF. */
    public String text() {
        List<Column> columns = columns();
        int width = results().stream()
                .mapToInt(one -> name(one.point()).length())
                .max()
                .orElse(10);
        StringBuilder text = new StringBuilder("All points: " + common() + "\n\n");
        text.append(" ".repeat(width));
        columns.forEach(column -> text.append("  ").append(column.head()));
        text.append('\n');
        for (PointResult one : results()) {
            text.append(String.format(Locale.ROOT, "%-" + width + "s", name(one.point())));
            for (Column column : columns) {
                String cell = cell(one.figures().get(column.figure));
                text.append(String.format(Locale.ROOT, "  %" + column.head().length() + "s", cell));
            }
            text.append('\n');
        }
        text.append("\nMedians. m: measured; d: derived from measured figures.\n");
        laws().forEach((group, law) -> text.append("derived, universal scalability law: ")
                .append(sentence(group, law))
                .append('\n'));
        remarks().forEach(remark -> text.append(remark).append('\n'));
        return text.toString();
    }

    static String cell(@Nullable Spread spread) {
        return spread == null ? "-" : number(spread.median());
    }

    static String number(double value) {
        double size = Math.abs(value);
        return String.format(
                Locale.ROOT,
                size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 || size == 0 ? "%.2f" : "%.3f",
                value);
    }
}
