package dev.carillon.source.intake;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broker;
import dev.carillon.lease.ClusterLeases;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** The sources of a node. Thread-safe. */
public final class Sources implements AutoCloseable {
    private final List<SourceRunner> runners;
    private final Threads threads;

    /** @param node id of this node */
    public Sources(
            List<SourceConfig> configs,
            String node,
            Broker broker,
            Broadcaster broadcaster,
            ClusterLeases leases,
            MeterRegistry registry,
            Platform platform) {
        threads = platform.threads();
        runners = configs.stream()
                .map(config -> new SourceRunner(
                        config, node, broker, broadcaster, leases, registry, platform, SourceRunner.TIMING))
                .toList();
    }

    /** Begins to read, as far as other nodes do not. */
    public void start() {
        runners.forEach(SourceRunner::start);
    }

    /** In the order of the configuration. Does not block. */
    public List<SourceStatus> status() {
        return runners.stream().map(SourceRunner::status).toList();
    }

    /** Ends all of them together. */
    @Override
    public void close() {
        List<Thread> closing = runners.stream()
                .map(runner -> threads.blocking("carillon-source-close", runner::close))
                .toList();
        closing.forEach(Thread::start);
        try {
            for (Thread each : closing) {
                each.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
