package dev.carillon.node;

import dev.carillon.admin.DrainProgress;
import dev.carillon.admin.NodeControl;
import dev.carillon.auth.Authorizer;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.extension.Development;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running node of the cluster. Thread-safe.
 *
 * <p>{@link #close()} ends every stream at once, each with a random reconnect delay, removes the node from the cluster and releases everything;
 * it may block for some seconds. {@link #drain()} takes the time that clients and proxies need to move to other nodes without an
 * interruption.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Node.class);
    /** How long {@link #close()} waits for the last bytes to streams. */
    private static final long CLOSE_STREAMS_MILLIS = 1_000;
    /** Part of a drain that is left for removing the node from the cluster. */
    private static final long LEAVE_MILLIS = 1_000;

    private static final long ANSWERS_POLL_MILLIS = 20;

    private static final String DRAINED = "drained";
    /** Interval at which the age of the node is compared with its maximum. */
    private static final int MAX_AGE_SECONDS = 5;

    private final NodeConfig config;
    private final Platform platform;
    private final AtomicReference<NodeState> state = new AtomicReference<>(new NodeState.Starting());
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Resources resources = new Resources();
    private final NodeServices services;
    private final DrainPacing pacing;
    private final Ports ports;
    private volatile boolean replacementExpected;

    /** Starts a node, with what an application adds to it. Not thread-safe. */
    public static final class Builder {
        private final NodeConfig config;
        private @Nullable Authorizer authorizer;
        private Platform platform = Platform.system();
        private Runnable reload = () -> {
            throw new CarillonException(
                    ErrorCode.RELOAD_UNAVAILABLE, "this process does not replace itself; restart it");
        };
        private final List<Extension> extensions = new ArrayList<>();

        private Builder(NodeConfig config) {
            this.config = config;
        }

        /** Sets what verifies tokens. Default: JWT. */
        public Builder authorizer(Authorizer value) {
            authorizer = value;
            return this;
        }

        /** Adds an extension; may be called more than once. */
        public Builder extension(Extension value) {
            extensions.add(value);
            return this;
        }

        /**
         * Sets what begins a replacement of this process when an operator requests it. Called on an I/O thread, so it must not block. Throws {@link
         * CarillonException} with {@code reload-unavailable} when that is not possible now, with the reason.
         */
        public Builder onReload(Runnable value) {
            reload = value;
            return this;
        }

        /** Replaces clocks, randomness and threads, for tests and simulations. Default: those of the process. */
        public Builder platform(Platform value) {
            platform = value;
            return this;
        }

        /** As {@link Node#start(NodeConfig)}. */
        public Node start() {
            return new Node(this);
        }
    }

    /** @param config from {@link NodeConfig#builder()} */
    public static Builder builder(NodeConfig config) {
        return new Builder(config);
    }

    /**
     * Starts a node and returns when it serves.
     *
     * @throws dev.carillon.base.ConfigException when a port or the address of the broker cannot be used
     * @throws BrokerUnavailableException when the broker does not answer
     */
    public static Node start(NodeConfig config) {
        return builder(config).start();
    }

    private Node(Builder builder) {
        this.config = builder.config;
        this.platform = builder.platform;
        StartWarnings.log(config, LOGGER);
        try {
            services = new NodeServices(config, platform, resources, this::onReplaced);
            pacing = new DrainPacing(services.fanOut, platform.nanoTime(), platform.random(), this::releaseRate);
            Control control = new Control(builder.reload);
            ports = new Ports(
                    services,
                    new Ports.Life(state, pacing, control),
                    new Ports.Additions(builder.authorizer, List.copyOf(builder.extensions)),
                    resources);
            ports.admitClients();
            services.startTimer();
            services.every(MAX_AGE_SECONDS, maxAge(control)::tick);
            warmUp();
            state.set(new NodeState.Starting().serve());
            services.announce(ports.internalAddress());
        } catch (RuntimeException e) {
            state.set(new NodeState.Stopped("the start failed"));
            resources.close();
            throw e;
        }
        LOGGER.atInfo()
                .addKeyValue("node", id())
                .addKeyValue("generation", services.registry.generation())
                .addKeyValue("port", port())
                .addKeyValue("admin", adminPort())
                .addKeyValue("internal", ports.internalAddress())
                .addKeyValue("broker", services.broker.driver())
                .log("serving");
    }

    private void warmUp() {
        try {
            ports.warmUp();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public String id() {
        return config.nodeId;
    }

    /** The port for clients. */
    public int port() {
        return ports.clientPort();
    }

    public int adminPort() {
        return ports.adminPort();
    }

    /** The port for calls from other nodes. */
    public int internalPort() {
        return ports.internalPort();
    }

    /** Reloads of the applications on this node; empty unless its mode is {@code development}. */
    public Optional<Development> development() {
        return services.development;
    }

    /** For applications that broadcast from Java. */
    public Broadcaster broadcaster() {
        return services.broadcaster;
    }

    /** As {@link ExtensionContext#listen}. */
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        return services.listeners.listen(tenant, scopes, handler);
    }

    /** Waits until the node has stopped, for any reason. */
    public void awaitStopped() throws InterruptedException {
        stopped.await();
    }

    /** Whether the node stopped because of a drain. */
    public boolean drained() {
        return state.get() instanceof NodeState.Stopped stoppedState
                && stoppedState.reason().equals(DRAINED);
    }

    /**
     * Drains the node and returns when it has stopped. Health checks answer {@code draining} from now on. For the time of {@code drain-notice} the
     * node still accepts streams, so that proxies can notice the drain; then it refuses new streams and ends the open ones, spread over the rest
     * of {@code drain-timeout}, in which it also completes the requests that it has received. {@link #close()} cuts the drain short.
     */
    public void drain() throws InterruptedException {
        drain(config.drain.notice(), DrainPacing.SPREAD_MAX_DELAY_MILLIS);
    }

    /**
     * While a replacement is expected, another process that starts with this node's id does not stop this node. Without a replacement it would:
     * two processes with the same id are a mistake.
     */
    public void expectReplacement(boolean value) {
        replacementExpected = value;
    }

    /** As {@link #drain}, but without a notice: another process with the same ports already receives every new connection. */
    public void handOver() throws InterruptedException {
        drain(Duration.ZERO, DrainPacing.HAND_OVER_MAX_DELAY_MILLIS);
    }

    private void drain(Duration notice, int maxDelayMillis) throws InterruptedException {
        if (state.get() instanceof NodeState.Serving serving) {
            long timeoutMillis = config.drain.timeout().toMillis();
            long leaveMillis = Math.min(LEAVE_MILLIS, timeoutMillis / 10);
            NodeState.Draining draining = serving.drain(
                    services.fanOut.connectionCount(),
                    platform.nanoTime().getAsLong() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis - leaveMillis));
            if (state.compareAndSet(serving, draining)) {
                LOGGER.atInfo()
                        .addKeyValue("node", id())
                        .addKeyValue("connections", draining.connectionsAtStart())
                        .log("draining");
                ports.drain();
                services.leases.drain();
                endStreams(draining, notice, maxDelayMillis);
                awaitAnswers(draining.endNanos());
                stop(DRAINED);
            }
        }
        awaitStopped();
    }

    private void endStreams(NodeState.Draining draining, Duration notice, int maxDelayMillis)
            throws InterruptedException {
        if (!stopping.await(notice.toMillis(), TimeUnit.MILLISECONDS)
                && state.compareAndSet(draining, draining.refuse())) {
            ports.closeAfterAnswers();
            pacing.endSpread(draining.endNanos(), maxDelayMillis, stopping);
        }
    }

    /** A request that was received is answered: its client could not tell whether it had an effect. */
    private void awaitAnswers(long endNanos) throws InterruptedException {
        while (ports.openRequests() > 0
                && platform.nanoTime().getAsLong() - endNanos < 0
                && !stopping.await(ANSWERS_POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            // A request may take its time.
        }
    }

    /** Clients per second that the other nodes take from this one; a node without others has one process that replaces it. */
    private int releaseRate() {
        int others = Math.max(1, services.registry.nodes().size() - 1);
        return (int) Math.min(Integer.MAX_VALUE, (long) config.drain.clientsPerSecond() * others);
    }

    private MaxAge maxAge(Control control) {
        return new MaxAge(
                config.maxAge,
                config.drain.timeout(),
                services.broker.store(),
                id(),
                services.registry.generation(),
                new MaxAge.Departure(() -> services.registry.nodes().size() - 1, control::tryReload, control::drain),
                platform.nanoTime(),
                platform.random());
    }

    /** What operators request through the admin port. */
    private final class Control implements NodeControl {
        private final Runnable reload;

        Control(Runnable reload) {
            this.reload = reload;
        }

        @Override
        public DrainProgress progress() {
            int connections = services.fanOut.connectionCount();
            return switch (Objects.requireNonNull(state.get())) {
                case NodeState.Starting _, NodeState.Serving _ ->
                    new DrainProgress(DrainProgress.Phase.SERVING, connections, 0, 0);
                case NodeState.Draining draining ->
                    new DrainProgress(
                            draining.refusing() ? DrainProgress.Phase.RELEASING : DrainProgress.Phase.NOTICE,
                            connections,
                            draining.connectionsAtStart(),
                            Math.max(
                                    0,
                                    TimeUnit.NANOSECONDS.toMillis(draining.endNanos()
                                            - platform.nanoTime().getAsLong())));
                case NodeState.Stopped _ -> new DrainProgress(DrainProgress.Phase.STOPPED, connections, 0, 0);
            };
        }

        @Override
        public void drain() {
            platform.threads()
                    .blocking("carillon-drain", () -> {
                        try {
                            Node.this.drain();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    })
                    .start();
        }

        /** Begins a reload; false if that is not possible. */
        boolean tryReload() {
            try {
                reload();
                return true;
            } catch (CarillonException e) {
                LOGGER.atDebug().log("this process cannot be replaced: {}", e.getMessage());
                return false;
            }
        }

        @Override
        public void reload() {
            if (!(state.get() instanceof NodeState.Serving)) {
                throw new CarillonException(
                        ErrorCode.RELOAD_UNAVAILABLE, "the node does not serve: it starts, drains or stops");
            }
            reload.run();
        }
    }

    /** Ends every stream at once, and stops. */
    @Override
    public void close() {
        stop("close was called");
    }

    private void stop(String reason) {
        NodeState before = state.getAndSet(new NodeState.Stopped(reason));
        if (before instanceof NodeState.Stopped) {
            return;
        }
        LOGGER.atInfo().addKeyValue("node", id()).addKeyValue("reason", reason).log("stopping");
        stopping.countDown();
        pacing.endAll();
        boolean interrupted = false;
        try {
            // Before other nodes take this one for gone.
            ports.leave();
        } catch (InterruptedException e) {
            interrupted = true;
        }
        try {
            services.leave();
            services.awaitNoStreams(CLOSE_STREAMS_MILLIS);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (Exception e) {
            LOGGER.atDebug().log("leaving the registry failed: {}", e.getMessage());
        }
        resources.close();
        stopped.countDown();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean onReplaced() {
        if (replacementExpected) {
            return false;
        }
        if (state.get() instanceof NodeState.Serving || state.get() instanceof NodeState.Draining) {
            LOGGER.atError().addKeyValue("node", id()).log("another process serves with this node id: stopping");
            platform.threads()
                    .blocking("carillon-stop", () -> stop("replaced by another process with the same node id"))
                    .start();
        }
        return true;
    }
}
