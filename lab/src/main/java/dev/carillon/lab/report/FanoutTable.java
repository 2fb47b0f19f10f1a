package dev.carillon.lab.report;

import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.load.GeneratorLoad;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The result of a {@link Fanout} as a table, and as text. */
public final class FanoutTable {
    /** A row of the table; rows of a group are adjacent. */
    record Row(String group, String name, String value) {}

    private static final String NO_DELIVERIES = "none (no deliveries)";

    private final FanoutResult result;
    private final List<Row> rows = new ArrayList<>();

    public FanoutTable(FanoutResult result) {
        this.result = result;
        FanoutResult.Connections connections = result.connections();
        FanoutResult.Setup setup = result.setup();
        add("connections", "open", text("%,d, %,.0f/s", connections.opened(), connections.openedPerSecond()));
        add("connections", "ended before the end of the run", text("%,d", connections.ended()));
        if (setup.stalled() > 0) {
            add(
                    "connections",
                    "stalled",
                    text("%,d, of which the nodes closed %,d", setup.stalled(), connections.stalledCut()));
        }
        if (setup.gzip()) {
            add("connections", "compressed", text("%,d", connections.compressed()));
        }
        FanoutResult.Broadcasts broadcasts = result.broadcasts();
        add("broadcasts", "sent", text("%,d, %,.1f/s", broadcasts.sent(), broadcasts.perSecond()));
        add("broadcasts", "acknowledged", text("%,d", broadcasts.acknowledged()));
        add("broadcasts", "failed", text("%,d", broadcasts.failed()));
        if (setup.ratePerSecond() > 0) {
            add("broadcasts", "due but not sent", text("%,d", broadcasts.unsent()));
        }
        accounting(result.accounting());
        FanoutResult.Throughput throughput = result.throughput();
        add("throughput", "deliveries/s", text("%,.0f", throughput.perSecond()));
        add("throughput", "bytes per delivery", perDelivery("%.1f", throughput.bytesPerDelivery()));
        FanoutResult.Latency latency = result.latency();
        if (latency.count() == 0) {
            add("latency, ms", "all", NO_DELIVERIES);
        } else {
            add("latency, ms", "median", millis(latency.p50Micros()));
            add("latency, ms", "p90", millis(latency.p90Micros()));
            add("latency, ms", "p99", millis(latency.p99Micros()));
            add("latency, ms", "p99.9", millis(latency.p999Micros()));
            add("latency, ms", "maximum", millis(latency.maxMicros()));
        }
        FanoutResult.Nodes nodes = result.nodes();
        if (nodes != null) {
            add("nodes", "processor time per delivery, us", perDelivery("%.3f", nodes.cpuMicrosPerDelivery()));
            add("nodes", "processors used", text("%.2f", nodes.cpuShare()));
            add("nodes", "processor time per connect, us", cost("%.1f", nodes.connectCpuMicros()));
            add("nodes", "resident memory, MiB", text("%,d", nodes.residentBytes() >> 20));
            add("nodes", "resident memory per connection, bytes", cost("%,.0f", nodes.residentBytesPerConnection()));
            Double heap = nodes.heapBytesPerConnection();
            if (heap != null) {
                add("nodes", "live heap per connection, bytes", cost("%,.0f", heap));
            }
        }
        FanoutResult.Slow slow = result.slow();
        if (slow != null) {
            slow(slow);
        }
        GeneratorLoad load = result.generator();
        add("load generator", "busiest reader thread", percent(load.readersBusy()));
        add("load generator", "broadcasting thread", percent(load.publisherBusy()));
        add("load generator", "delay of broadcasts, p99, ms", millis(load.lateP99Micros()));
        add(
                "load generator",
                "scheduling jitter, p99 and maximum, ms",
                millis(load.jitterP99Micros()) + ", " + millis(load.jitterMaxMicros()));
    }

    private void slow(FanoutResult.Slow slow) {
        String group = "stalled clients, policy " + slow.policy();
        add(group, "closed", text("%,d", slow.cutOff()));
        add(group, "events in outboxes of closed clients", text("%,d", slow.abandoned()));
        add(group, "events dropped", text("%,d", slow.dropped()));
        add(group, "events dropped, as announced by gaps", text("%,d", slow.announced()));
        add(group, "events replaced by newer ones", text("%,d", slow.replaced()));
        add(group, "outbox bytes, maximum", text("%,d", slow.outboxBytes()));
        add(group, "outbox bytes, limit", text("%,d", slow.outboxBytesBound()));
    }

    private void accounting(FanoutResult.Accounting accounting) {
        add("deliveries", "expected", text("%,d", accounting.expected()));
        add("deliveries", "received", text("%,d", accounting.received()));
        add("deliveries", "missing", text("%,d", accounting.missing()));
        add("deliveries", "missing after the connection ended", text("%,d", accounting.cutOff()));
        add("deliveries", "duplicates", text("%,d", accounting.duplicates()));
        add("deliveries", "out of order", text("%,d", accounting.outOfOrder()));
        add("deliveries", "connections with a different order", text("%,d", accounting.differingOrder()));
        add("deliveries", "of another topic", text("%,d", accounting.foreign()));
        add("deliveries", "gaps", text("%,d", accounting.gaps()));
    }

    private void add(String group, String name, String value) {
        rows.add(new Row(group, name, value));
    }

    List<Row> rows() {
        return rows;
    }

    /** The parameters of the run in one line. */
    String headline() {
        FanoutResult.Setup setup = result.setup();
        return text(
                        "%,d connections of %s%s on %d %s, %d %s, %,d bytes, ",
                        setup.connections(),
                        setup.protocol().equals("ws") ? "WebSocket" : "SSE",
                        setup.gzip() ? " (gzip)" : "",
                        setup.nodes(),
                        setup.nodes() == 1 ? "node" : "nodes",
                        setup.topics(),
                        setup.topics() == 1 ? "topic" : "topics",
                        setup.payloadBytes())
                + (setup.ratePerSecond() > 0
                        ? text("%s broadcasts/s", number(setup.ratePerSecond()))
                        : "closed loop with " + setup.window() + " in flight")
                + text(", %d s after %d s of warm-up", setup.seconds(), setup.warmUpSeconds());
    }

    /** The verdict in lines: whether the run is valid and clean, and notes. */
    List<String> verdict() {
        List<String> verdict = new ArrayList<>();
        if (result.endedEarly()) {
            verdict.add(
                    text("ENDED EARLY: measured for %.1f s", result.throughput().seconds()));
        }
        if (result.valid()) {
            verdict.add("VALID: the load generator was not the bottleneck");
        }
        result.invalidBecause().forEach(reason -> verdict.add("INVALID: " + reason));
        verdict.add(
                result.clean()
                        ? "CLEAN: every connection received every event once and in order"
                        : "NOT CLEAN: see deliveries");
        result.notes().forEach(note -> verdict.add("note: " + note));
        return verdict;
    }

    /** The headline, the table and the verdict; every line ends with LF. */
    public String text() {
        StringBuilder text = new StringBuilder(headline()).append('\n');
        String group = "";
        for (Row row : rows) {
            if (!row.group.equals(group)) {
                group = row.group;
                text.append('\n').append(group).append('\n');
            }
            text.append(text("  %-42s %s\n", row.name, row.value));
        }
        text.append('\n');
        verdict().forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /** A difference of two measurements; if it is not positive, it is smaller than the noise. */
    private static String cost(String format, double value) {
        return value > 0 ? text(format, value) : "not measurable (below noise)";
    }

    private String perDelivery(String format, double value) {
        return result.throughput().deliveries() == 0 ? NO_DELIVERIES : cost(format, value);
    }

    private static String number(double value) {
        return value == Math.rint(value) ? text("%,.0f", value) : Double.toString(value);
    }

    private static String millis(long micros) {
        return text("%,.2f", micros / 1e3);
    }

    private static String percent(double share) {
        return text("%.0f %%", share * 100);
    }

    @SuppressWarnings("AnnotateFormatMethod") // Formats are literals; the annotation would need a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
