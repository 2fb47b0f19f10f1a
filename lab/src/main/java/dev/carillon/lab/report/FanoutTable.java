package dev.carillon.lab.report;

import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.load.Strain;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The result of a {@link Fanout} as rows of a name and a value, and as text. */
public final class FanoutTable {
    /** One line of the table; those of a group stand together. */
    record Row(String group, String name, String value) {}

    private static final String NO_DELIVERIES = "none: there were no deliveries";

    private final FanoutResult result;
    private final List<Row> rows = new ArrayList<>();

    public FanoutTable(FanoutResult result) {
        this.result = result;
        FanoutResult.Connections connections = result.connections();
        FanoutResult.Setup setup = result.setup();
        add("connections", "open", text("%,d, %,.0f a second", connections.opened(), connections.openedPerSecond()));
        add("connections", "ended before the run did", text("%,d", connections.ended()));
        if (setup.stalled() > 0) {
            add(
                    "connections",
                    "not reading",
                    text("%,d, of which the nodes cut off %,d", setup.stalled(), connections.stalledCut()));
        }
        if (setup.gzip()) {
            add("connections", "with a compressed stream", text("%,d", connections.compressed()));
        }
        FanoutResult.Broadcasts broadcasts = result.broadcasts();
        add("broadcasts", "sent", text("%,d, %,.1f a second", broadcasts.sent(), broadcasts.perSecond()));
        add("broadcasts", "acknowledged", text("%,d", broadcasts.acknowledged()));
        add("broadcasts", "failed", text("%,d", broadcasts.failed()));
        if (setup.ratePerSecond() > 0) {
            add("broadcasts", "due, but not sent", text("%,d", broadcasts.unsent()));
        }
        accounting(result.accounting());
        FanoutResult.Throughput throughput = result.throughput();
        add("speed", "deliveries a second", text("%,.0f", throughput.perSecond()));
        add("speed", "bytes per delivery", perDelivery("%.1f", throughput.bytesPerDelivery()));
        FanoutResult.Latency latency = result.latency();
        if (latency.count() == 0) {
            add("latency, ms", "all", NO_DELIVERIES);
        } else {
            add("latency, ms", "median", millis(latency.p50Micros()));
            add("latency, ms", "90 %", millis(latency.p90Micros()));
            add("latency, ms", "99 %", millis(latency.p99Micros()));
            add("latency, ms", "99.9 %", millis(latency.p999Micros()));
            add("latency, ms", "most", millis(latency.maxMicros()));
        }
        FanoutResult.Nodes nodes = result.nodes();
        if (nodes != null) {
            add("nodes", "processor time per delivery, us", perDelivery("%.3f", nodes.cpuMicrosPerDelivery()));
            add("nodes", "processors used", text("%.2f", nodes.cpuShare()));
            add("nodes", "processor time per connect, us", cost("%.1f", nodes.connectCpuMicros()));
            add("nodes", "resident, MiB", text("%,d", nodes.residentBytes() >> 20));
            add("nodes", "resident per connection, bytes", cost("%,.0f", nodes.residentBytesPerConnection()));
            Double heap = nodes.heapBytesPerConnection();
            if (heap != null) {
                add("nodes", "live heap per connection, bytes", cost("%,.0f", heap));
            }
        }
        FanoutResult.Slow slow = result.slow();
        if (slow != null) {
            slow(slow);
        }
        Strain generator = result.generator();
        add("load generator", "reading threads busy", percent(generator.readersBusy()));
        add("load generator", "broadcasting thread busy", percent(generator.publisherBusy()));
        add("load generator", "late to broadcast, 99 %, ms", millis(generator.lateP99Micros()));
        add(
                "load generator",
                "threads kept waiting, 99 % and most, ms",
                millis(generator.heartbeatP99Micros()) + ", " + millis(generator.heartbeatMaxMicros()));
    }

    private void slow(FanoutResult.Slow slow) {
        String group = "clients that stall, policy " + slow.policy();
        add(group, "cut off", text("%,d", slow.cutOff()));
        add(group, "events that waited as they were cut off", text("%,d", slow.abandoned()));
        add(group, "events dropped", text("%,d", slow.dropped()));
        add(group, "events missing, as they were told", text("%,d", slow.told()));
        add(group, "events replaced by newer ones", text("%,d", slow.replaced()));
        add(group, "bytes that waited, at the highest", text("%,d", slow.outboxBytes()));
        add(group, "bytes that may wait for them", text("%,d", slow.outboxBytesBound()));
    }

    private void accounting(FanoutResult.Accounting accounting) {
        add("deliveries", "expected", text("%,d", accounting.expected()));
        add("deliveries", "received", text("%,d", accounting.received()));
        add("deliveries", "missing", text("%,d", accounting.missing()));
        add("deliveries", "missing as the connection ended", text("%,d", accounting.cutOff()));
        add("deliveries", "double", text("%,d", accounting.doubled()));
        add("deliveries", "out of order", text("%,d", accounting.outOfOrder()));
        add("deliveries", "connections with another order", text("%,d", accounting.differingOrder()));
        add("deliveries", "of another topic", text("%,d", accounting.foreign()));
        add("deliveries", "gaps told", text("%,d", accounting.gaps()));
    }

    private void add(String group, String name, String value) {
        rows.add(new Row(group, name, value));
    }

    List<Row> rows() {
        return rows;
    }

    /** What was asked for, in one line. */
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
                        ? text("%s broadcasts a second", number(setup.ratePerSecond()))
                        : "as fast as it goes with " + setup.window() + " under way")
                + text(", %d s after %d s", setup.seconds(), setup.warmUpSeconds());
    }

    /** What to think of it, a line each; first whether it holds. */
    List<String> verdict() {
        List<String> verdict = new ArrayList<>();
        if (result.endedEarly()) {
            verdict.add(text(
                    "ENDED EARLY: %.1f s were measured", result.throughput().seconds()));
        }
        if (result.valid()) {
            verdict.add("VALID: the load generator was not the bottleneck");
        }
        result.invalidBecause().forEach(why -> verdict.add("INVALID: " + why));
        verdict.add(
                result.clean()
                        ? "CLEAN: every connection had every event once and in order"
                        : "NOT CLEAN: see the deliveries");
        result.notes().forEach(note -> verdict.add("note: " + note));
        return verdict;
    }

    /** The whole of it, lines ended. */
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

    /** Of each connection, as the difference of two looks: one that is not above 0 is smaller than what else changed in between. */
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

    @SuppressWarnings("AnnotateFormatMethod") // Only literals come here; the annotation would be a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
