package dev.carillon.node;

import dev.carillon.admin.AdminRoutes;
import dev.carillon.admin.HealthHandler;
import dev.carillon.admin.NodeStatus;
import dev.carillon.auth.Authorizer;
import dev.carillon.base.Platform;
import dev.carillon.base.Settings;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.EventHandler;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.HealthEvent;
import dev.carillon.cluster.ClusterIdentity;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.context.ContextRecords;
import dev.carillon.context.Contexts;
import dev.carillon.delivery.Listeners;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.fanout.FanOut;
import dev.carillon.feed.Feed;
import dev.carillon.format.WireFormats;
import dev.carillon.http.Admission;
import dev.carillon.http.HttpServer;
import dev.carillon.http.Origins;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.transport.CertificateReloader;
import dev.carillon.transport.Streams;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of the cluster, serving. Thread-safe.
 *
 * <p>Closing ends every stream with a delay of its own for coming back, leaves the cluster, and then frees everything; it may block
 * for some seconds. {@link #drain()} takes the time that clients and proxies need to notice nothing of it.
 */
public final class Node implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Node.class);
    private static final String HEALTH = "/_health";
    private static final long LEAVE_MILLIS = 1_000;

    private final NodeConfig config;
    private final Platform platform;
    private final AtomicReference<NodeState> state = new AtomicReference<>(new NodeState.Starting());
    /** From when on {@link #stop} leaves the cluster, before anything is closed. */
    private volatile boolean started;

    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    /** What was opened, in order; closed from the end. */
    private final List<AutoCloseable> opened = new ArrayList<>();

    private final NodeMetrics metrics;
    private final ScheduledExecutorService timer;
    private final Broker broker;
    private final FanOut fanOut;
    private final Farewells farewells;
    private final Listeners listeners;
    private final Broadcaster broadcaster;
    private final Feed feed;
    private final Contexts contexts;
    private final NodeRegistry registry;
    private final ClusterIdentity cluster;
    private final Admission admission;
    private final HttpServer server;
    private final InternalPort internal;
    private final HttpServer admin;

    /** What a node is started with beyond its configuration; for applications that embed one. */
    public static final class Builder {
        private final NodeConfig config;
        private @Nullable Authorizer authorizer;
        private Platform platform = Platform.system();
        private final List<Extension> extensions = new ArrayList<>();

        private Builder(NodeConfig config) {
            this.config = config;
        }

        /** Who decides about tokens, in place of JWT. */
        public Builder authorizer(Authorizer value) {
            authorizer = value;
            return this;
        }

        /** Adds something of the application's; one more with each call. */
        public Builder extension(Extension value) {
            extensions.add(value);
            return this;
        }

        /** Clocks, randomness and threads in place of the process's; for tests. */
        Builder platform(Platform value) {
            platform = value;
            return this;
        }

        /** As {@link Node#start(NodeConfig)}. */
        public Node start() {
            return new Node(this);
        }
    }

    /**
     * For an application that embeds a node.
     *
     * @param settings by name of key, which is that of the flag without its dashes: {@code broker}, {@code port}, {@code secret}, … What is left out has
     *     its default; the environment is not read
     * @throws dev.carillon.base.ConfigException for a name that is no key, a value that breaks its rule, and a value that is missing
     */
    public static Builder builder(Map<String, String> settings) {
        return builder(NodeConfig.of(Settings.of(NodeKeys.ALL, settings)));
    }

    /** With settings that were read before. */
    public static Builder builder(NodeConfig config) {
        return new Builder(config);
    }

    /**
     * Starts a node and returns when it serves.
     *
     * @throws dev.carillon.base.ConfigException when a port or the broker's address cannot be used
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
            metrics = opening(new NodeMetrics());
            timer = platform.threads().newTimer("carillon-timer-" + config.nodeId());
            opening(timer::shutdownNow);
            broker = opening(Brokers.open(config.broker(), config.brokerOptions(), platform));
            MemoryBudget budget = new MemoryBudget(config.memoryBudget(), metrics.registry);
            fanOut = opening(new FanOut(
                    config.fanOut(),
                    WireFormats.ALL,
                    config.brokerOptions().policies(),
                    metrics.registry,
                    platform,
                    budget));
            farewells = new Farewells(fanOut, platform.nanoTime(), platform.random());
            listeners = opening(new Listeners(fanOut, budget, metrics.registry, platform.threads()));
            feed = new Feed(broker, metrics.registry, timer, platform.nanoTime(), listeners, budget);
            listeners.follow(feed);
            broadcaster = new Broadcaster(
                    broker,
                    (event, id) -> {
                        fanOut.deliverLocally(event);
                        listeners.deliverLocally(event, id);
                    },
                    config.brokerOptions().policies(),
                    metrics.registry,
                    platform.secureRandom());
            // Without an address until the internal port is open.
            registry = NodeRegistry.register(
                    broker.store(),
                    platform.clock().millis(),
                    new NodeRegistry.Registration(
                            config.nodeId(), this::describe, this::onReplaced, platform.nanoTime()));
            // A start that fails leaves no record behind.
            opening(() -> {
                if (!started) {
                    leave();
                }
            });
            cluster = ClusterIdentity.start(broker.store(), platform.secureRandom());
            contexts = new Contexts(
                    new ContextRecords(broker.store(), config.nodeId(), registry.generation()),
                    config.contextLinger(),
                    platform.nanoTime(),
                    platform.secureRandom());
            Endpoints endpoints = opening(new Endpoints(
                    config,
                    new Endpoints.Parts(
                            broker,
                            fanOut,
                            feed,
                            contexts,
                            registry,
                            broadcaster,
                            listeners,
                            budget,
                            platform,
                            this::accepts),
                    builder.authorizer));
            admission = new Admission(
                    config.limits(),
                    config.http().trustedProxies(),
                    new Admission.Paths(
                            endpoints::isStream, Set.of(HEALTH), endpoints::isTrustedPublisher, Streams::cutOff),
                    budget,
                    metrics.registry,
                    platform);
            server = opening(listen(builder, endpoints));
            internal = opening(new InternalPort(
                    config,
                    registry,
                    new InternalPort.Actions(fanOut, farewells, status()),
                    metrics.registry,
                    platform));
            admin = opening(listenAdmin());
            broker.health().listen(this::tellClients);
            metrics.bind(broker, contexts::count, feed::interestCount);
            // When all is open that the node needs for itself.
            admission.open(server);
            every(1, () -> admission.watch(server));
            every(1, this::second);
            every(2, registry::tick);
            every(2, endpoints::tick);
            every(2, cluster::refresh);
            state.set(new NodeState.Starting().serve());
            // The first record has no address. Waits within the time limits of the broker.
            registry.tick().toCompletableFuture().join();
            started = true;
        } catch (RuntimeException e) {
            state.set(new NodeState.Stopped("the start failed"));
            closeOpened();
            throw e;
        }
        LOGGER.atInfo()
                .addKeyValue("node", config.nodeId())
                .addKeyValue("generation", registry.generation())
                .addKeyValue("port", port())
                .addKeyValue("admin", adminPort())
                .addKeyValue("internal", internal.address())
                .addKeyValue("broker", broker.driver())
                .log("serving");
    }

    public String id() {
        return config.nodeId();
    }

    /** The port on which clients are served. */
    public int port() {
        return server.port();
    }

    public int adminPort() {
        return admin.port();
    }

    /** The port on which other nodes call this one. */
    public int internalPort() {
        return internal.port();
    }

    /** For applications that broadcast from Java. */
    public Broadcaster broadcaster() {
        return broadcaster;
    }

    /** As {@link ExtensionContext#listen}. */
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        return listeners.listen(tenant, scopes, handler);
    }

    /** Waits until the node has stopped, for whatever reason. */
    public void awaitStopped() throws InterruptedException {
        stopped.await();
    }

    /**
     * Leaves in order, and returns when the node has stopped. Its health says {@code draining} from now on; for the notice of the
     * configuration it goes on, so that proxies notice; then it refuses new streams and ends the open ones, spread over
     * the time that is left, each with a delay of its own for coming back. {@link #close()} cuts that short.
     */
    public void drain() throws InterruptedException {
        if (state.get() instanceof NodeState.Serving serving) {
            NodeState.Draining draining = serving.drain();
            if (state.compareAndSet(serving, draining)) {
                LOGGER.atInfo()
                        .addKeyValue("node", id())
                        .addKeyValue("streams", fanOut.connectionCount())
                        .log("draining");
                letGo(draining);
                stop("drained");
            }
        }
        awaitStopped();
    }

    private void letGo(NodeState.Draining draining) throws InterruptedException {
        DrainConfig drain = config.drain();
        // What is left after the last stream is for leaving the cluster.
        long leave = Math.min(LEAVE_MILLIS, drain.timeout().toMillis() / 10);
        long end = platform.nanoTime().getAsLong()
                + TimeUnit.MILLISECONDS.toNanos(drain.timeout().toMillis() - leave);
        if (!stopping.await(drain.notice().toMillis(), TimeUnit.MILLISECONDS)
                && state.compareAndSet(draining, draining.refuse())) {
            server.closeAfterAnswers();
            farewells.spread(end, stopping);
        }
    }

    /** Ends every stream at once. */
    @Override
    public void close() {
        stop("asked to");
    }

    private void stop(String reason) {
        NodeState before = state.getAndSet(new NodeState.Stopped(reason));
        if (before instanceof NodeState.Stopped) {
            return;
        }
        LOGGER.atInfo().addKeyValue("node", id()).addKeyValue("reason", reason).log("stopping");
        stopping.countDown();
        farewells.toAll();
        try {
            leave();
            awaitNoStreams();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOGGER.atDebug().log("leaving the registry failed: {}", e.getMessage());
        }
        closeOpened();
        stopped.countDown();
    }

    private void leave() throws InterruptedException, ExecutionException, TimeoutException {
        boolean _ = registry.leave().toCompletableFuture().get(LEAVE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** The farewells are on their way within a moment; a client that does not take its own is not waited for. */
    private void awaitNoStreams() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        ScheduledFuture<?> check = timer.scheduleWithFixedDelay(
                () -> {
                    if (fanOut.connectionCount() == 0) {
                        ended.countDown();
                    }
                },
                0,
                10,
                TimeUnit.MILLISECONDS);
        boolean _ = ended.await(LEAVE_MILLIS, TimeUnit.MILLISECONDS);
        check.cancel(false);
    }

    private HttpServer listen(Builder builder, Endpoints endpoints) {
        HealthHandler health = new HealthHandler(status(), config.degradedStatus(), config.healthDetail());
        Optional<CertificateReloader> certificate = config.tls()
                .map(files -> opening(new CertificateReloader(
                        files, platform.clock(), platform.threads().each("carillon-certificate"))));
        HttpServer serving = new HttpServer(
                new HttpServer.Listener(
                        NodeKeys.PORT.name(),
                        config.listen().host(),
                        config.listen().port(),
                        config.ioThreads(),
                        certificate.map(CertificateReloader::context).orElse(null),
                        config.http().h2c()),
                endpoints.origins(),
                config.http().trustedProxies(),
                admission,
                platform.threads(),
                routes -> {
                    endpoints.addTo(routes);
                    routes.get(HEALTH, health);
                    ExtensionContext services = endpoints.services(routes, opening(endpoints.extensionRoutes(routes)));
                    builder.extensions.forEach(extension -> opening(extension.start(services)));
                });
        certificate.ifPresent(c -> c.watch(serving, CertificateReloader.INTERVAL));
        return serving;
    }

    private HttpServer listenAdmin() {
        AdminRoutes routes = new AdminRoutes(
                status(),
                metrics.registry,
                config.degradedStatus(),
                internal.control(),
                config.operators(),
                platform.nanoTime());
        Admission bounded = Admission.unlimited(config.limits(), platform);
        HttpServer serving = new HttpServer(
                new HttpServer.Listener(
                        NodeKeys.ADMIN_PORT.name(),
                        config.adminListen().host(),
                        config.adminListen().port(),
                        1,
                        null,
                        false),
                Origins.none(),
                config.http().trustedProxies(),
                bounded,
                platform.threads(),
                routes::add);
        bounded.open(serving);
        return serving;
    }

    private boolean isServing() {
        return state.get() instanceof NodeState.Serving;
    }

    private boolean accepts() {
        return Objects.requireNonNull(state.get()).accepts();
    }

    private void second() {
        fanOut.tick();
        contexts.sweep();
    }

    private void every(int seconds, Runnable task) {
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        // An exception would end the schedule for good.
                        LOGGER.error("a task of the timer failed", e);
                    }
                },
                seconds,
                seconds,
                TimeUnit.SECONDS);
    }

    private NodeRecord describe(long generation) {
        boolean listens = !(state.get() instanceof NodeState.Starting);
        return new NodeRecord(
                id(),
                generation,
                listens ? Optional.of(internal.address()) : Optional.empty(),
                listens ? contexts.count() : 0,
                fanOut.connectionCount());
    }

    /** Open streams stay while the broker is away, and are told. */
    private void tellClients(HealthEvent event) {
        switch (event) {
            case HealthEvent.Unavailable _ -> fanOut.sendToAll("carillon.status", "{\"broker\":\"away\"}");
            case HealthEvent.Connected _ -> fanOut.sendToAll("carillon.status", "{\"broker\":\"connected\"}");
            case HealthEvent.PossibleLoss _ -> {}
        }
    }

    private void onReplaced() {
        if (state.get() instanceof NodeState.Serving || state.get() instanceof NodeState.Draining) {
            LOGGER.atError().addKeyValue("node", id()).log("another process serves under this node id: stopping");
            platform.threads()
                    .blocking("carillon-stop", () -> stop("replaced by another process of the same node id"))
                    .start();
        }
    }

    private <T extends AutoCloseable> T opening(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private void closeOpened() {
        for (AutoCloseable closeable : opened.reversed()) {
            try {
                closeable.close();
            } catch (Exception e) {
                LOGGER.warn("a part of the node did not close", e);
            }
        }
    }

    private NodeStatus status() {
        return new NodeStatus() {
            @Override
            public String nodeId() {
                return config.nodeId();
            }

            @Override
            public String version() {
                return Objects.requireNonNullElse(Node.class.getPackage().getImplementationVersion(), "development");
            }

            @Override
            public boolean serving() {
                return isServing();
            }

            @Override
            public String brokerDriver() {
                return broker.driver();
            }

            @Override
            public boolean brokerConnected() {
                return broker.health().connected();
            }

            @Override
            public boolean brokerWritable() {
                return broker.health().refusal().isEmpty();
            }

            @Override
            public Optional<String> cluster() {
                return cluster.text();
            }

            @Override
            public int contexts() {
                return contexts.count();
            }

            @Override
            public int streams() {
                return fanOut.connectionCount();
            }

            @Override
            public int clusterNodes() {
                return registry.nodes().size();
            }

            @Override
            public long clusterContexts() {
                return registry.nodes().stream().mapToLong(NodeRecord::contexts).sum();
            }
        };
    }
}
