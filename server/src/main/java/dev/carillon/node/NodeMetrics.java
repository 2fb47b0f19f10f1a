package dev.carillon.node;

import dev.carillon.base.ProcessLog;
import dev.carillon.broker.Broker;
import dev.carillon.feed.Feed;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/** The registry of the metrics of a node, and the metrics that belong to no other package. */
final class NodeMetrics implements AutoCloseable {
    private static final Path STATUS = Path.of("/proc/self/status");

    final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    /** A field, as the registry refers to it weakly. */
    private final Optional<ProcessLog> log = ProcessLog.find();

    private final JvmGcMetrics gc = new JvmGcMetrics();

    NodeMetrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        gc.bindTo(registry);
        Gauge.builder("carillon.build.info", () -> 1)
                .description("Always 1; the labels are the versions of Carillon and of Java")
                .tag("version", version())
                .tag("java", Runtime.version().toString())
                .register(registry);
        log.ifPresent(found -> FunctionCounter.builder("carillon.log.lines.dropped", found, ProcessLog::droppedLines)
                .description("Log lines that were dropped because standard error was not read fast enough")
                .register(registry));
        Gauge.builder("carillon.process.rss", NodeMetrics::residentBytes)
                .description("Resident memory of the process")
                .baseUnit("bytes")
                .register(registry);
    }

    static String version() {
        return Objects.requireNonNullElse(Node.class.getPackage().getImplementationVersion(), "development");
    }

    void bind(Broker broker, IntSupplier contexts, Feed feed) {
        Gauge.builder("carillon.broker.connected", () -> broker.health().connected() ? 1 : 0)
                .description("1 while the broker is connected for all tenants, else 0")
                .tag("driver", broker.driver())
                .register(registry);
        Gauge.builder("carillon.broker.unavailable.tenants", feed::unavailableTenants)
                .description("Tenants with streams at this node for which the broker is unavailable")
                .register(registry);
        Gauge.builder("carillon.broker.outstanding", () -> broker.health().outstandingBytes())
                .description("Broadcasts that wait for the answer of the broker")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder(
                        "carillon.broker.round.trip",
                        () -> broker.health()
                                .roundTrip()
                                .map(d -> d.toNanos() / 1e9)
                                .orElse(Double.NaN))
                .description("Time of the last measured answer of the broker")
                .baseUnit("seconds")
                .register(registry);
        FunctionCounter.builder(
                        "carillon.broker.append.calls",
                        broker,
                        b -> b.channel().appendCounts().calls())
                .description("Requests to the broker that append the events of one or more broadcasts")
                .register(registry);
        FunctionCounter.builder(
                        "carillon.broker.append.events",
                        broker,
                        b -> b.channel().appendCounts().events())
                .description("Events in the requests that append the events of one or more broadcasts")
                .register(registry);
        Gauge.builder("carillon.contexts", contexts::getAsInt)
                .description("Contexts that the node owns")
                .register(registry);
        Gauge.builder("carillon.interests", feed::interestCount)
                .description("Scopes for which the node receives events")
                .register(registry);
    }

    /** Resident memory of the process; NaN where {@code /proc} does not exist. */
    private static double residentBytes() {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(l -> l.startsWith("VmRSS:"))
                    .mapToDouble(l -> Double.parseDouble(l.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
