package dev.carillon.webhook;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Page;
import dev.carillon.broker.Store;
import dev.carillon.lease.ClusterLease;
import dev.carillon.lease.ClusterLeases;
import dev.carillon.lease.LeaseTerms;
import dev.carillon.lease.LeaseUse;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import dev.carillon.webhook.WebhookPosition.Delivered;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts the changes of the log to the application, in order. One node of the cluster does so at a time: the one with the lease. It advances the position in the
 * store after the application has taken a request, so the next holder repeats at most one request: each change is delivered at least once.
 *
 * <p>A request that fails is repeated with growing delays, for {@code webhook-give-up}; its changes are then given up, and counted like those that the bounded
 * log dropped before they could be delivered.
 *
 * <p>Runs on a thread of its own, which blocks.
 */
public final class WebhookDeliverer implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(WebhookDeliverer.class);

    /** Maximum number of changes in a request. */
    static final int BATCH = 100;

    private static final Duration LAST_DELAY = Duration.ofSeconds(60);
    private static final Timing TIMING =
            new Timing(Duration.ofSeconds(15), Duration.ofMillis(500), Duration.ofMillis(500));

    /**
     * Times that tests shorten.
     *
     * @param lease so long that a request may take its time after the renewal before it, so that two nodes do not deliver at the same time
     * @param firstDelay before the first repetition of a request; later ones are twice as long each
     * @param poll interval of looking for changes, and for the lease
     */
    record Timing(Duration lease, Duration firstDelay, Duration poll) {}

    private static final Store.Key LEASE = new Store.Key(Tenant.SYSTEM, "lease", "webhook");

    private static final long CLOSE_MILLIS = 2_000;
    private static final long BROKER_SECONDS = 65;

    private final Broker broker;
    private final WebhookConfig config;
    private final WebhookPosition position;
    private final WebhookClient client;
    private final Platform platform;
    private final Thread thread;
    private final Counter delivered;
    private final Counter failed;
    private final Counter givenUp;
    private final Counter gaps;
    private final Timing timing;
    private final ClusterLeases leases;
    private final ClusterLease lease;

    private volatile boolean closed;
    /** Time of the oldest change that waits, in milliseconds since 1970; 0: none, or another node delivers. */
    private volatile long waitingSince;

    // Used by the thread only.
    private long fence;
    /** Null: to be read, as another node may have delivered. */
    private @Nullable Delivered last;

    /** @param leases of the node */
    public WebhookDeliverer(
            Broker broker, WebhookConfig config, ClusterLeases leases, MeterRegistry registry, Platform platform) {
        this(broker, config, leases, TIMING, registry, platform);
    }

    WebhookDeliverer(
            Broker broker,
            WebhookConfig config,
            ClusterLeases leases,
            Timing timing,
            MeterRegistry registry,
            Platform platform) {
        this.broker = broker;
        this.config = config;
        this.position = new WebhookPosition(broker.store());
        this.timing = timing;
        this.leases = leases;
        this.lease = leases.open(LEASE, LeaseTerms.relaxed(timing.lease()), () -> {});
        this.client =
                new WebhookClient(config, platform.clock(), platform.threads().each("carillon-webhook-client"));
        this.platform = platform;
        this.delivered =
                counter(registry, "carillon.webhook.events.delivered", "Changes that the application has taken");
        this.failed = counter(registry, "carillon.webhook.requests.failed", "Requests that failed, and were repeated");
        this.givenUp = counter(
                registry,
                "carillon.webhook.events.given.up",
                "Changes that were given up, as they could not be delivered");
        this.gaps = counter(
                registry,
                "carillon.webhook.gaps",
                "Gaps in the log of changes: some were lost before they were delivered");
        Gauge.builder("carillon.webhook.lag", this::lagSeconds)
                .description(
                        "Age of the oldest change that this node has still to deliver; 0 if none waits, or another node delivers")
                .baseUnit("seconds")
                .register(registry);
        this.thread = platform.threads().blocking("carillon-webhook", this::run);
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    private double lagSeconds() {
        long since = waitingSince;
        return since == 0 ? 0 : Math.max(0, platform.clock().millis() - since) / 1e3;
    }

    public void start() {
        thread.start();
    }

    private void run() {
        while (!closed) {
            try {
                if (!isConnected() || !deliverAsHolder()) {
                    pause(timing.poll());
                }
            } catch (InterruptedException e) {
                // Only close interrupts.
                return;
            } catch (Exception e) {
                LOGGER.atDebug().log("webhooks cannot be delivered yet: {}", e.getMessage());
                pause(timing.poll());
            }
        }
    }

    /** For the lease and the position, and for the log. */
    private boolean isConnected() {
        return broker.health().connected(Tenant.SYSTEM) && broker.health().connected(Tenant.WEBHOOKS);
    }

    private void pause(Duration length) {
        if (!closed) {
            platform.threads().pause(length);
        }
    }

    /** @return false: another node delivers, or there is nothing to deliver */
    private boolean deliverAsHolder() throws Exception {
        join(lease.tick());
        LeaseUse use = lease.begin().orElse(null);
        if (use == null) {
            waitingSince = 0;
            return false;
        }
        try (use) {
            if (use.fence() != fence) {
                fence = use.fence();
                last = null;
            }
            return deliverPage(use);
        }
    }

    /** Renews the lease where that is due: a request takes less time than is left then. */
    private boolean stillHolds(LeaseUse use) throws Exception {
        join(lease.tick());
        return use.isHeld();
    }

    /** @return whether there may be more */
    private boolean deliverPage(LeaseUse use) throws Exception {
        Delivered from = last == null ? join(position.read()) : last;
        last = from;
        Page page = read(from.position());
        if (page.incomplete() && !from.position().equals(Position.NONE)) {
            gaps.increment();
            LOGGER.atWarn()
                    .log(
                            "webhooks were lost: the log dropped changes before they were delivered, or the broker lost its data");
            if (page.events().isEmpty() && !page.more() && !page.last().equals(from.position())) {
                // The log does not know the epoch of the position, and answers with its end: what it has was not
                // delivered.
                page = read(Position.NONE);
            }
        }
        if (!page.events().isEmpty()) {
            waitingSince = page.events().getFirst().at().atMillis();
            if (!deliver(page, use)) {
                return false;
            }
        }
        if (!page.last().equals(from.position())) {
            last = join(position.write(page.last(), from.revision())).orElse(null);
        }
        if (!page.more()) {
            waitingSince = 0;
        }
        return page.more();
    }

    private Page read(Position after) throws Exception {
        return join(broker.log().read(Tenant.WEBHOOKS, List.of(), after, BATCH));
    }

    /** @return false: another node has taken over, or this one stops */
    private boolean deliver(Page page, LeaseUse use) throws Exception {
        String body = WebhookLog.body(page.events());
        long begun = platform.nanoTime().getAsLong();
        Duration delay = timing.firstDelay();
        while (true) {
            // Reads of the broker may have taken long since.
            if (!stillHolds(use)) {
                return false;
            }
            try {
                client.post(body);
                delivered.increment(page.events().size());
                return true;
            } catch (IOException e) {
                failed.increment();
                LOGGER.atDebug().log("a request to webhook-url failed: {}", e.getMessage());
                if (platform.nanoTime().getAsLong() - begun >= config.giveUp().toNanos()) {
                    giveUp(page, e);
                    return true;
                }
            }
            if (!waitFor(delay, use)) {
                return false;
            }
            delay = delay.multipliedBy(2).compareTo(LAST_DELAY) < 0 ? delay.multipliedBy(2) : LAST_DELAY;
        }
    }

    private void giveUp(Page page, IOException e) {
        givenUp.increment(page.events().size());
        LOGGER.atWarn()
                .addKeyValue("events", page.events().size())
                .addKeyValue("first", page.events().getFirst().id())
                .log("webhooks were given up after {}: {}", config.giveUp(), e.getMessage());
    }

    /** Waits for about this time and keeps the lease meanwhile; false: it is lost, or the node drains or stops. */
    private boolean waitFor(Duration delay, LeaseUse use) throws Exception {
        long jittered = (long) (delay.toNanos() * (0.75 + platform.random().nextDouble() / 2));
        long until = platform.nanoTime().getAsLong() + jittered;
        long left = jittered;
        while (left > 0) {
            pause(Duration.ofNanos(Math.min(left, timing.poll().toNanos())));
            if (closed || lease.isLeaving() || !stillHolds(use)) {
                return false;
            }
            left = until - platform.nanoTime().getAsLong();
        }
        return true;
    }

    private static <T> T join(CompletionStage<T> stage)
            throws InterruptedException, ExecutionException, TimeoutException {
        return stage.toCompletableFuture().get(BROKER_SECONDS, TimeUnit.SECONDS);
    }

    /** Waits at most two seconds for the request in progress, which is otherwise repeated by the next node, and two more to hand over the lease. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(Duration.ofMillis(CLOSE_MILLIS))) {
                thread.interrupt();
                boolean _ = thread.join(Duration.ofMillis(CLOSE_MILLIS));
            }
            client.close();
            Object _ = leases.leave(lease).toCompletableFuture().get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | CompletionException e) {
            LOGGER.atDebug().log("the lease of webhooks could not be released: {}", e.getMessage());
        }
    }
}
