package dev.carillon.source.intake;

import dev.carillon.base.Platform;
import dev.carillon.base.RandomIds;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Store;
import dev.carillon.lease.ClusterLease;
import dev.carillon.lease.ClusterLeases;
import dev.carillon.lease.LeaseTerms;
import dev.carillon.lease.LeaseUse;
import dev.carillon.scope.Tenant;
import dev.carillon.source.SourceMessage;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceRefusedException;
import dev.carillon.source.SourceSession;
import dev.carillon.source.SourceUnavailableException;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one source while this node holds its lease. A thread of its own takes part in the lease, opens a session as its holder, and brings the messages into the log.
 *
 * <p>A node whose lease ended acknowledges nothing more, so that the next holder receives what is open. What a paused holder appends late, the next one has
 * appended with the same keys, or appends with them, so that it is in the log once.
 */
final class SourceRunner implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(SourceRunner.class);
    private static final Duration RECEIVE = Duration.ofMillis(250);
    private static final Duration FIRST_RETRY = Duration.ofMillis(250);
    private static final Duration LAST_RETRY = Duration.ofSeconds(5);
    private static final Duration REFUSED_RETRY = Duration.ofSeconds(10);
    private static final long CLOSE_MILLIS = 2_000;

    /** Times that tests shorten. */
    record Timing(Duration lease, Duration poll) {}

    static final Timing TIMING = new Timing(Duration.ofSeconds(10), Duration.ofMillis(500));

    private final SourceConfig config;
    private final String node;
    private final Broker broker;
    private final ClusterLeases leases;
    private final ClusterLease lease;
    private final Intake intake;
    private final Platform platform;
    private final Timing timing;
    private final Thread thread;

    private volatile SourceState state = new SourceState.Standby();
    private volatile OptionalLong pending = OptionalLong.empty();
    private volatile boolean closed;
    /** Used by the thread only. */
    private Duration retry = FIRST_RETRY;

    SourceRunner(
            SourceConfig config,
            String node,
            Broker broker,
            Broadcaster broadcaster,
            ClusterLeases leases,
            MeterRegistry registry,
            Platform platform,
            Timing timing) {
        this.config = config;
        this.node = node;
        this.broker = broker;
        this.leases = leases;
        this.platform = platform;
        this.timing = timing;
        this.lease = leases.open(
                new Store.Key(Tenant.SYSTEM, "source", config.name()), LeaseTerms.relaxed(timing.lease()), () -> {});
        SourceMetrics metrics = new SourceMetrics(config.name(), registry, this::status);
        this.intake = new Intake(config, broadcaster, broker.log(), metrics, this::set);
        this.thread = platform.threads().blocking("carillon-source-" + config.name(), this::run);
    }

    void start() {
        thread.start();
    }

    SourceStatus status() {
        return new SourceStatus(config.name(), state, pending);
    }

    private void run() {
        while (!closed) {
            Duration pause = timing.poll();
            try {
                if (isConnected() && consumeAsHolder()) {
                    retry = FIRST_RETRY;
                } else if (!lease.isHeld()) {
                    set(new SourceState.Standby());
                }
            } catch (InterruptedException e) {
                // Only close interrupts.
                return;
            } catch (SourceRefusedException e) {
                set(new SourceState.Failed(String.valueOf(e.getMessage())));
                pause = REFUSED_RETRY;
            } catch (SourceUnavailableException e) {
                set(new SourceState.Waiting(String.valueOf(e.getMessage())));
                pause = retry;
                retry = retry.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? retry.multipliedBy(2) : LAST_RETRY;
            } catch (ExecutionException | TimeoutException e) {
                LOGGER.atDebug()
                        .addKeyValue("source", config.name())
                        .log("the lease was not reached: {}", e.toString());
            } catch (RuntimeException e) {
                LOGGER.atError()
                        .addKeyValue("source", config.name())
                        .setCause(e)
                        .log("reading a source failed");
                set(new SourceState.Waiting(e.toString()));
                pause = LAST_RETRY;
            }
            pending = OptionalLong.empty();
            pause(pause);
        }
    }

    /** For the lease, and for the log. */
    private boolean isConnected() {
        return broker.health().connected(Tenant.SYSTEM) && broker.health().connected(config.tenant());
    }

    /** @return whether this node is the holder; after it has read until that ended */
    private boolean consumeAsHolder() throws InterruptedException, ExecutionException, TimeoutException {
        Object _ = lease.tick().toCompletableFuture().get(timing.lease().toMillis(), TimeUnit.MILLISECONDS);
        LeaseUse use = lease.begin().orElse(null);
        if (use == null) {
            return false;
        }
        try (use;
                SourceSession session = config.source()
                        .open(new SourceOptions(
                                config.name(),
                                node,
                                config.batch(),
                                config.poison() == PoisonPolicy.DEAD_LETTER,
                                platform))) {
            set(new SourceState.Consuming());
            retry = FIRST_RETRY;
            consume(session, new Holder(use));
        }
        return true;
    }

    private void consume(SourceSession session, Holding holding) throws InterruptedException {
        String id = RandomIds.uuid(platform.secureRandom()).toString();
        boolean goesOn = holding.goesOn();
        while (goesOn) {
            List<SourceMessage> messages = session.receive(config.batch(), RECEIVE);
            pending = session.pending();
            goesOn = messages.isEmpty()
                    ? holding.goesOn()
                    : intake.take(messages, platform.clock().millis(), session, id, holding);
        }
    }

    private final class Holder implements Holding {
        private final LeaseUse use;

        Holder(LeaseUse use) {
            this.use = use;
        }

        @Override
        public boolean goesOn() {
            return !closed && !lease.isLeaving() && use.isHeld();
        }

        @Override
        public boolean pause(Duration length) {
            SourceRunner.this.pause(length);
            return goesOn();
        }
    }

    private void pause(Duration length) {
        if (!closed) {
            platform.threads().pause(length);
        }
    }

    /** Logs a state when it begins. */
    private void set(SourceState next) {
        SourceState before = state;
        state = next;
        if (Objects.equals(before, next)) {
            return;
        }
        switch (next) {
            case SourceState.Standby _ ->
                LOGGER.atInfo().addKeyValue("source", config.name()).log("another node reads the source");
            case SourceState.Consuming _ ->
                LOGGER.atInfo().addKeyValue("source", config.name()).log("reading the source");
            case SourceState.Waiting(String problem) ->
                LOGGER.atWarn().addKeyValue("source", config.name()).log("the source waits: {}", problem);
            case SourceState.Failed(String problem) ->
                LOGGER.atError().addKeyValue("source", config.name()).log("the source failed: {}", problem);
        }
    }

    /** Waits at most two seconds for the messages in progress, which another node repeats otherwise, and two more to hand over the lease. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            // A node whose start failed has not started it.
            if (thread.getState() != Thread.State.NEW && !thread.join(Duration.ofMillis(CLOSE_MILLIS))) {
                thread.interrupt();
                boolean _ = thread.join(Duration.ofMillis(CLOSE_MILLIS));
            }
            Object _ = leases.leave(lease).toCompletableFuture().get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | CompletionException e) {
            LOGGER.atDebug()
                    .addKeyValue("source", config.name())
                    .log("the lease could not be released: {}", e.toString());
        }
    }
}
