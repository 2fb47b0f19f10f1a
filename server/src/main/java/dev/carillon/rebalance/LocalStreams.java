package dev.carillon.rebalance;

import dev.carillon.base.Platform;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.fanout.FanOut;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What this node does for a run, which may be another node's: it releases streams, and refuses requests that come back. Thread-safe; never blocks. */
public final class LocalStreams {
    private final RebalanceConfig config;
    private final BounceWindow window;
    private final StreamRelease release;
    private final Counter bounced;
    private final Platform platform;

    /**
     * @param allowed whether clients may be released now: the node serves and its broker is connected
     * @param nodes the live nodes, for the share of this one
     */
    public LocalStreams(
            RebalanceConfig config,
            FanOut fanOut,
            BooleanSupplier allowed,
            Supplier<List<NodeRecord>> nodes,
            MeterRegistry registry,
            Platform platform) {
        this.config = config;
        this.platform = platform;
        this.window = new BounceWindow(platform.nanoTime());
        this.bounced = Counter.builder("carillon.rebalance.bounced")
                .description("Stream requests that were refused so that the client reaches another node")
                .register(registry);
        Counter released = Counter.builder("carillon.rebalance.released")
                .description("Streams that this node has closed so that their clients move to other nodes")
                .register(registry);
        Gauge.builder("carillon.rebalance.share", () -> share(fanOut.connectionCount(), nodes.get()))
                .description("Open streams of this node, as a multiple of the mean of all nodes")
                .register(registry);
        this.release = new StreamRelease(fanOut, window, allowed, released, platform);
    }

    private static double share(int own, List<NodeRecord> nodes) {
        double mean = nodes.stream().mapToInt(NodeRecord::streams).average().orElse(0);
        return mean == 0 ? 1 : own / mean;
    }

    /** Executes the message; the number of streams that will be released. */
    public int release(ControlMessage.ReleaseStreams message) {
        return release.begin(message.count(), message.rate());
    }

    /** Answers requests that must go to another node. */
    public Bounce bounce(Bounce.Rules rules) {
        return new Bounce(window, config.cookies(), rules, bounced, platform.random());
    }
}
