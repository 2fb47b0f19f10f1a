package dev.carillon.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.admin.DrainProgress;
import dev.carillon.admin.NodeStatus;
import dev.carillon.base.Text;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Health;
import dev.carillon.cluster.BrokerState;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.fanout.FanOut;
import dev.carillon.presence.ScopePresence;
import dev.carillon.quota.TenantLimits;
import dev.carillon.rebalance.RebalanceProgress;
import dev.carillon.source.intake.SourceState;
import dev.carillon.source.intake.SourceStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * This node, as consoles show it: one sample a second, what happened, and its state. All connections are looked at only while consoles ask, and not more often than
 * every {@value #LOOK_SECONDS} seconds. Thread-safe, except {@link #tick}; never blocks.
 */
public final class LocalNode {
    static final int LOOK_SECONDS = 3;
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(LOOK_SECONDS);
    private static final int MAX_OCCURRENCES = 40;
    private static final int MAX_SOURCES = 20;
    private static final int MAX_SERVERS = 50;
    private static final int MAX_SERVER_CHARS = 200;

    private final Dependencies of;
    private final SampleRing samples = new SampleRing();
    private final OccurrenceLog occurrences;
    private final Sampler sampler;
    private final NodeWatch watch;
    private final Counters epochs;
    private final Counters webhookDelivered;
    private final Counters webhookFailed;
    private final Counters webhookGivenUp;
    private final Counters refused;
    private volatile List<ScopePresence.Occupied> occupied = List.of();
    private final AtomicReference<@Nullable Audience> audience = new AtomicReference<>();
    private final AtomicLong lookedNanos;
    private volatile float[] last = new float[0];

    /**
     * What it is read from.
     *
     * @param brokerAddress without secrets
     * @param webhook whether there is one
     */
    public record Dependencies(
            NodeStatus status,
            Supplier<DrainProgress> drain,
            Supplier<RebalanceProgress> rebalance,
            FanOut fanOut,
            ScopePresence presence,
            NodeRegistry registry,
            TenantLimits tenantLimits,
            Broker broker,
            String brokerAddress,
            boolean webhook,
            MeterRegistry meters,
            InstantSource clock,
            LongSupplier nanoTime) {}

    public LocalNode(Dependencies dependencies) {
        this.of = dependencies;
        this.occurrences = new OccurrenceLog(of.clock());
        this.sampler = new Sampler(of.meters(), of.fanOut(), of.broker().health(), of.nanoTime());
        this.watch = new NodeWatch(of, occurrences);
        this.lookedNanos = new AtomicLong(of.nanoTime().getAsLong() - LOOK_NANOS);
        epochs = new Counters(of.meters(), "carillon.feed.epochs");
        webhookDelivered = new Counters(of.meters(), "carillon.webhook.events.delivered");
        webhookFailed = new Counters(of.meters(), "carillon.webhook.requests.failed");
        webhookGivenUp = new Counters(of.meters(), "carillon.webhook.events.given.up");
        refused = new Counters(of.meters(), "carillon.tenant.refused");
    }

    /** Takes a sample and notes what has changed; call it once a second, on one thread. */
    public void tick() {
        float[] sample = sampler.sample();
        samples.add(of.clock().instant().getEpochSecond(), sample);
        last = sample;
        watch.tick();
    }

    /** Notes what an operator did. */
    public void noteOperator(String action, String by) {
        occurrences.note("operator", action, "an operator (" + by + ") requested " + action);
    }

    /** @param hour whether with the samples of the last hour */
    public ObjectNode observe(boolean hour) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        NodeStatus status = of.status();
        json.put("node", status.nodeId())
                .put("generation", status.generation())
                .put("version", status.version())
                .put("at", of.clock().millis());
        if (hour) {
            json.set("hour", samples.hour(of.clock().instant().getEpochSecond()));
            return json;
        }
        json.put("state", status.serving() ? "serving" : "draining");
        json.set("drain", of.drain().get().json());
        json.put("contexts", status.contexts());
        putSample(json.putObject("sample"));
        putBroker(json.putObject("broker"), status.broker());
        look();
        Audience seen = audience.get();
        if (seen != null) {
            seen.putTo(json);
        }
        putLimits(json);
        json.put("presentUsers", (long) gauge("carillon.presence.users"));
        ArrayNode present = json.putArray("present");
        occupied.forEach(each -> present.addObject()
                .put("tenant", each.tenant().name())
                .put("scope", Text.printable(each.scope().text(), Audience.MAX_NAME_CHARS))
                .put("users", each.users()));
        putSources(json.putArray("sources"));
        if (of.webhook()) {
            json.putObject("webhook")
                    .put("delivered", (long) webhookDelivered.sum())
                    .put("failed", (long) webhookFailed.sum())
                    .put("givenUp", (long) webhookGivenUp.sum())
                    .put("lagSeconds", SampleRing.rounded((float) gauge("carillon.webhook.lag")));
        }
        RebalanceProgress run = of.rebalance().get();
        json.putObject("rebalance")
                .put("phase", run.phase().name().toLowerCase(Locale.ROOT))
                .put("released", run.released());
        ArrayNode happened = json.putArray("occurrences");
        occurrences.last(MAX_OCCURRENCES).forEach(each -> happened.add(each.json()));
        return json;
    }

    private void putSample(ObjectNode json) {
        float[] sample = last;
        for (Series each : Series.ALL) {
            if (each.index() < sample.length && !Float.isNaN(sample[each.index()])) {
                json.put(each.member(), SampleRing.rounded(sample[each.index()]));
            }
        }
    }

    private void putBroker(ObjectNode json, BrokerState state) {
        state.putTo(json, true);
        Health health = of.broker().health();
        json.put("address", of.brokerAddress());
        health.roundTrip().ifPresent(time -> json.put("roundTripMillis", SampleRing.rounded(time.toNanos() / 1e6f)));
        health.unavailableSince().ifPresent(since -> json.put("unavailableSince", since.toEpochMilli()));
        ArrayNode servers = json.putArray("servers");
        health.servers().stream()
                .limit(MAX_SERVERS)
                .forEach(server -> servers.add(Text.printable(server, MAX_SERVER_CHARS)));
        health.refusal().ifPresent(reason -> json.put("refusal", reason));
        json.put("outstandingBytes", health.outstandingBytes()).put("epochs", (long) epochs.sum());
    }

    /** Looks at all connections, unless that was done just now. */
    private void look() {
        long now = of.nanoTime().getAsLong();
        long before = lookedNanos.get();
        if (now - before < LOOK_NANOS || !lookedNanos.compareAndSet(before, now)) {
            return;
        }
        Audience next = new Audience();
        CompletionStage<Void> _ = of.fanOut().visit(next::visit).thenRun(() -> audience.set(next));
        CompletionStage<Void> _ = of.presence().fullest(Audience.TOP).thenAccept(scopes -> occupied = scopes);
    }

    private void putLimits(ObjectNode json) {
        json.put("refused", (long) refused.sum());
        ArrayNode limits = json.putArray("limits");
        of.tenantLimits().uses(Audience.TOP).forEach(use -> {
            ObjectNode each = limits.addObject().put("tenant", use.tenant().name());
            each.put("connections", use.connections())
                    .put("events", SampleRing.rounded((float) use.events()))
                    .put("bytes", Math.round(use.bytes()));
            each.putObject("limit")
                    .put("connections", use.limit().connections())
                    .put("events", use.limit().events())
                    .put("bytes", use.limit().bytes());
        });
    }

    private void putSources(ArrayNode list) {
        of.status().sources().stream().limit(MAX_SOURCES).forEach((SourceStatus source) -> {
            ObjectNode each = list.addObject().put("name", source.name()).put("state", NodeWatch.state(source.state()));
            switch (source.state()) {
                case SourceState.Waiting(String problem) -> each.put("problem", problem);
                case SourceState.Failed(String problem) -> each.put("problem", problem);
                case SourceState.Standby _, SourceState.Consuming _ -> {
                    // Nothing is wrong with it.
                }
            }
            source.pending().ifPresent(count -> each.put("pending", count));
        });
    }

    private double gauge(String name) {
        Gauge gauge = of.meters().find(name).gauge();
        return gauge == null || Double.isNaN(gauge.value()) ? 0 : gauge.value();
    }
}
