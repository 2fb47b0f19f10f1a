package dev.carillon.node;

import dev.carillon.admin.AdminRoutes;
import dev.carillon.admin.HealthHandler;
import dev.carillon.admin.NodeControl;
import dev.carillon.admin.NodeStatus;
import dev.carillon.admin.OperatorAudit;
import dev.carillon.admin.TailHandler;
import dev.carillon.admin.WhyHandler;
import dev.carillon.auth.Authorizer;
import dev.carillon.authorizer.TokenDigest;
import dev.carillon.autopsy.Inquiry;
import dev.carillon.base.Platform;
import dev.carillon.base.ProcessLog;
import dev.carillon.base.TimeLimit;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.cluster.StreamedCall;
import dev.carillon.console.Console;
import dev.carillon.console.LocalNode;
import dev.carillon.context.ContextMoves;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.http.Admission;
import dev.carillon.http.HttpServer;
import dev.carillon.http.Origins;
import dev.carillon.http.RequestLog;
import dev.carillon.rebalance.Bounce;
import dev.carillon.rebalance.LocalStreams;
import dev.carillon.rebalance.RebalanceProgress;
import dev.carillon.rebalance.Rebalancer;
import dev.carillon.scope.Tenant;
import dev.carillon.secret.OperatorSessions;
import dev.carillon.tail.Tails;
import dev.carillon.transport.CertificateReloader;
import dev.carillon.transport.Streams;
import dev.carillon.warmup.WarmUp;
import io.micrometer.core.instrument.Counter;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The three ports of a node: for clients, for other nodes and for operators. The constructor opens them; {@link Resources} closes them. */
final class Ports {
    private static final String HEALTH = "/_health";
    /** How long the owner of a context has to end it, before its client's node decides alone. */
    private static final Duration OWNER_LIMIT = Duration.ofSeconds(1);
    /** How long a client waits for its context; then it gets a new one. */
    private static final Duration MOVE_LIMIT = Duration.ofSeconds(3);

    private final NodeConfig config;
    private final NodeServices services;
    private final AtomicReference<NodeState> state;
    private final NodeStatus status;
    private final NodeControl control;
    private final Resources resources;
    private final Endpoints endpoints;
    private final Admission admission;
    private final ExtensionCalls calls;
    private final ExtensionDrains drains;
    private final HttpServer clients;
    private final InternalPort internal;
    private final LocalNode observed;
    private final Rebalancer rebalancer;
    private final Tails tails;
    private final HttpServer admin;
    /** Null: the setting {@code console} is off. */
    private @Nullable Console console;

    /**
     * What an application adds to a node.
     *
     * @param authorizer null: JWT
     */
    record Additions(@Nullable Authorizer authorizer, List<Extension> extensions) {}

    /** What the node itself gives to its ports. */
    record Life(AtomicReference<NodeState> state, DrainPacing pacing, NodeControl control) {}

    Ports(NodeServices services, Life life, Additions additions, Resources resources) {
        this.config = services.config;
        this.services = services;
        this.state = life.state();
        this.control = life.control();
        this.resources = resources;
        Platform platform = services.platform;
        Authorizers authorizers = resources.add(new Authorizers(services, additions.authorizer()));
        status = new RunningStatus(services, authorizers, () -> state.get() instanceof NodeState.Serving);
        endpoints = resources.add(new Endpoints(
                services,
                this::acceptsStreams,
                new Elsewhere(this::renewElsewhere, contextMoves()),
                authorizers.all()));
        LocalStreams local = new LocalStreams(
                config.rebalance,
                services.fanOut,
                () -> state.get() instanceof NodeState.Serving
                        && services.broker.health().connected(),
                services.registry::nodes,
                services.metrics.registry,
                platform);
        admission = new Admission(
                config.limits,
                config.http.trustedProxies(),
                new Admission.Paths(
                        endpoints::isStream,
                        Set.of(HEALTH),
                        endpoints::isTrustedPublisher,
                        Streams::cutOff,
                        local.bounce(new Bounce.Rules(
                                config.http.site(), endpoints.origins(), endpoints.streams(), endpoints::isStream))),
                services.budget,
                services.metrics.registry,
                platform);
        calls = new ExtensionCalls(
                platform.threads().each("carillon-extension-call"), new ToOwner(), this::callNode, services.calls);
        drains = new ExtensionDrains(
                () -> !(state.get() instanceof NodeState.Starting || state.get() instanceof NodeState.Serving),
                platform.threads().each("carillon-extension-drain"));
        clients = resources.add(openClientPort(additions.extensions()));
        observed = localNode();
        internal = resources.add(new InternalPort(
                config,
                services.registry,
                new InternalPort.Actions(
                        services.fanOut,
                        authorizers,
                        new LocalConnections(services.fanOut, platform.clock()),
                        life.pacing(),
                        message -> endpoints.renew(
                                message.tenant(), message.context(), message.session(), message.token()),
                        message -> services.contexts.release(message.tenant(), message.context(), message.client()),
                        local::release,
                        calls,
                        Ports::setLogLevel,
                        control::drain,
                        observed,
                        message -> services.autopsy.explain(services.fanOut, message),
                        status),
                services.metrics.registry,
                platform));
        rebalancer = resources.add(new Rebalancer(
                config.rebalance,
                config.nodeId,
                internal.control(),
                services.broker.store(),
                services.registry::nodes,
                services.metrics.registry,
                platform));
        tails = new Tails(services.listeners, services.metrics.registry, platform.clock());
        admin = resources.add(openAdminPort(authorizers));
        // Before the port: it waits for open exchanges.
        resources.add(tails);
        if (console != null) {
            endpoints.linkConsole("http://" + config.adminListen.reachableHost() + ":" + adminPort() + Console.PATH);
        }
    }

    /** Lets clients in. */
    void admitClients() {
        admission.open(clients);
        services.every(1, () -> admission.watch(clients));
        services.every(2, endpoints::tick);
        services.every(2, rebalancer::tick);
        Console opened = console;
        if (opened != null) {
            services.every(1, observed::tick);
            services.every(1, opened::tick);
        }
    }

    private LocalNode localNode() {
        return new LocalNode(new LocalNode.Dependencies(
                status,
                control::progress,
                this::rebalanceProgress,
                services.fanOut,
                services.presence,
                services.registry,
                services.tenantLimits,
                services.broker,
                config.broker.toString(),
                config.webhook.isPresent(),
                services.metrics.registry,
                services.platform.clock(),
                services.platform.nanoTime()));
    }

    private RebalanceProgress rebalanceProgress() {
        return rebalancer.progress();
    }

    private static boolean setLogLevel(ControlMessage.SetLogLevel message) {
        return ProcessLog.find()
                .map(log -> log.level(message.logger(), message.level()))
                .orElse(false);
    }

    /** Opens streams of this node itself, before clients come. Blocks for some seconds at most. */
    void warmUp() throws InterruptedException {
        // A node with TLS could not trust its own certificate for a loopback address.
        if (config.warmUp > 0 && config.tls.isEmpty()) {
            new WarmUp(
                            endpoints.warmUp(),
                            config.listen.host(),
                            clientPort(),
                            config.http.site().basePath(),
                            services.platform)
                    .run(config.warmUp);
        }
    }

    /** Tells the endpoints that the node begins to drain. */
    void drain() {
        boolean _ = rebalancer.stop();
        endpoints.drain();
        drains.begin();
    }

    /** Lets the extensions hand over what they have while other nodes can call this one. Blocks for some seconds at most. */
    void leave() throws InterruptedException {
        drains.leave();
    }

    /** Open requests and streams of clients. */
    int openRequests() {
        return admission.open();
    }

    /** Closes each connection of the port for clients after its next answer, so that clients reconnect to another node. */
    void closeAfterAnswers() {
        clients.closeAfterAnswers();
    }

    int clientPort() {
        return clients.port();
    }

    int internalPort() {
        return internal.port();
    }

    /** Where other nodes reach the internal port. */
    NodeAddress internalAddress() {
        return internal.address();
    }

    int adminPort() {
        return admin.port();
    }

    /** Renews the connections of a context that another node owns. */
    private CompletionStage<Integer> renewElsewhere(Tenant tenant, String context, String session, String token) {
        ControlMessage.Renew message = new ControlMessage.Renew(tenant, context, session, token);
        return services.contexts
                .owner(tenant, context)
                .thenCompose(owner -> owner.isEmpty()
                        ? CompletableFuture.completedFuture(0)
                        : internal.control().renew(owner.get(), message));
    }

    /** Calls of extensions to the owners of contexts. */
    private final class ToOwner implements ExtensionCalls.ToOwner {
        @Override
        public CompletionStage<Optional<String>> call(
                Tenant tenant, String context, ControlMessage.CallExtension message) {
            return services.contexts
                    .owner(tenant, context)
                    .thenCompose(owner -> owner.isEmpty()
                            ? CompletableFuture.completedFuture(Optional.empty())
                            : internal.control().call(owner.get(), message));
        }

        @Override
        public CompletionStage<Optional<String>> owner(Tenant tenant, String context) {
            return services.contexts.owner(tenant, context);
        }

        @Override
        public Optional<String> stream(String node, StreamedCall call, InputStream body) {
            return internal.control().stream(node, call, body);
        }
    }

    private ContextMoves contextMoves() {
        Counter moved = Counter.builder("carillon.contexts.moved")
                .description("Contexts of other nodes that came to this one with their clients")
                .register(services.metrics.registry);
        ScheduledExecutorService timer = services.platform.timer();
        TimeLimit ownerLimit = new TimeLimit(OWNER_LIMIT, timer);
        return new ContextMoves(
                services.contexts,
                services.contextRecords,
                (node, generation, tenant, context, client) -> ownerLimit.on(internal.control()
                        .release(node, generation, new ControlMessage.ReleaseContext(tenant, context, client))
                        .toCompletableFuture()),
                new TimeLimit(MOVE_LIMIT, timer),
                moved::increment);
    }

    private CompletionStage<Optional<String>> callNode(
            String nodeId, long generation, ControlMessage.CallExtension message) {
        return internal.control().call(nodeId, generation, message);
    }

    private boolean acceptsStreams() {
        return Objects.requireNonNull(state.get()).acceptsStreams();
    }

    private boolean isStopping() {
        return state.get() instanceof NodeState.Stopped;
    }

    private HttpServer openClientPort(List<Extension> extensions) {
        Platform platform = services.platform;
        HealthHandler health = new HealthHandler(
                status,
                config.degradedStatus,
                config.healthDetail ? HealthHandler.Detail.COUNTS : HealthHandler.Detail.STATUS);
        Optional<CertificateReloader> certificate = config.tls.map(files -> resources.add(new CertificateReloader(
                files, platform.clock(), platform.threads().each("carillon-certificate"))));
        HttpServer server = new HttpServer(
                new HttpServer.Listener(
                        NodeKeys.PORT.name(),
                        config.listen.host(),
                        config.listen.port(),
                        config.ioThreads,
                        certificate.map(CertificateReloader::context).orElse(null),
                        config.http.h2c(),
                        new RequestLog(services.metrics.registry, config.accessLog, platform.nanoTime()),
                        platform.clock()),
                config.http.site(),
                endpoints.origins(),
                config.http.trustedProxies(),
                admission,
                platform.threads(),
                routes -> {
                    endpoints.addTo(routes);
                    routes.get(HEALTH, health);
                    ExtensionContext context = endpoints.extensionContext(
                            routes, endpoints.extensionRoutes(routes, this::isStopping), calls, drains);
                    extensions.forEach(extension -> resources.add(extension.start(context)));
                });
        certificate.ifPresent(c -> c.watch(server, CertificateReloader.INTERVAL));
        resources.add(server.watchThreads(
                services.metrics.registry,
                platform.threads().newTimer("carillon-io-watch-" + config.nodeId),
                platform.nanoTime()));
        return server;
    }

    private HttpServer openAdminPort(Authorizers authorizers) {
        Platform platform = services.platform;
        OperatorAudit audit = new OperatorAudit(config.nodeId, observed::noteOperator);
        AdminRoutes routes = new AdminRoutes(
                status,
                control,
                services.metrics.registry,
                config.degradedStatus,
                internal.control(),
                config.operators,
                services.revocations,
                config.revocationTtl,
                TokenDigest::of,
                rebalancer,
                services.broadcaster::broadcast,
                audit,
                new AdminRoutes.Deliveries(
                        new WhyHandler(new Inquiry(services.broker, internal.control())),
                        new TailHandler(tails, authorizers.all(), platform)),
                platform);
        console = config.console ? console(routes, audit) : null;
        Admission unlimited = Admission.unlimited(config.limits, platform);
        HttpServer server = new HttpServer(
                new HttpServer.Listener(
                        NodeKeys.ADMIN_PORT.name(),
                        config.adminListen.host(),
                        config.adminListen.port(),
                        1,
                        null,
                        false,
                        RequestLog.NONE,
                        platform.clock()),
                Origins.none(),
                config.http.trustedProxies(),
                unlimited,
                platform.threads(),
                all -> {
                    routes.add(all);
                    Console opened = console;
                    if (opened != null) {
                        opened.add(all);
                    }
                });
        unlimited.open(server);
        return server;
    }

    private Console console(AdminRoutes routes, OperatorAudit audit) {
        Platform platform = services.platform;
        return new Console(
                config.nodeId,
                internal.control(),
                routes,
                config.operators.map(token ->
                        new OperatorSessions(token, config.http.secrets(), platform.clock(), platform.secureRandom())),
                audit,
                platform);
    }
}
