package dev.carillon.proxy;

import dev.carillon.edge.BufferPool;
import dev.carillon.edge.ClientConnections;
import dev.carillon.edge.DateHeader;
import dev.carillon.edge.Http2Requests;
import dev.carillon.edge.RequestBoundary;
import dev.carillon.edge.RequestCheck;
import dev.carillon.edge.ServerCertificate;
import dev.carillon.edge.StartWarning;
import dev.carillon.edge.TlsHandshakes;
import dev.carillon.edge.Violation;
import dev.carillon.edge.WriteDeadline;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.HttpContinueReadHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.SameThreadExecutor;
import io.undertow.util.StatusCodes;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;

/**
 * A running proxy. It serves HTTP/1.1 and HTTP/2 (by ALPN with TLS, as h2c without), keeps each browser at one node by the cookie {@code
 * carillon_node}, and answers {@code /_health} itself.
 */
public final class StickyProxy implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(StickyProxy.class);
    private static final String HEALTH_PATH = "/_health";
    private static final int MAX_HEADER_BYTES = 32 * 1024;
    /** As many as fit into a head: the node refuses too many. */
    private static final int MAX_PARAMETERS = MAX_HEADER_BYTES;

    private static final String CANNOT_BE_READ =
            "the request is malformed, or its head has more than " + MAX_HEADER_BYTES + " bytes or 200 headers";
    private static final int MAX_STREAMS_PER_CONNECTION = 250;
    private static final int REQUEST_PARSE_MILLIS = 10_000;
    /** Time limit of Undertow's shutdown: otherwise it waits for a blocked thread without a limit. */
    private static final int SHUTDOWN_MILLIS = 2_000;

    private static final int BACKLOG = 4_096;
    /** One thread does as many, of 5 ms each, in the time that a new connection has. */
    private static final int MAX_TLS_HANDSHAKES = 2_000;

    /** The same as for a node. */
    private static final int SEND_BUFFER_BYTES = 256 * 1024;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final ForwardedRequest.Dependencies dependencies;
    private final RequestCheck check;
    private final OpenRequests requests;
    private final HealthChecks health;
    private final DescriptorLimits descriptorLimits;
    final Undertow undertow;
    private final Optional<Undertow> admin;
    private volatile boolean closing;

    private StickyProxy(ProxyConfig config, Optional<SSLContext> tls) throws InterruptedException {
        this.dependencies = new ForwardedRequest.Dependencies(
                new Nodes(config.nodes(), config.health().fall()),
                new HeaderForwarding(ProxyConfig.networks(config.trustedProxies())),
                config.limits(),
                config.cookie(),
                new ProxyMetrics());
        this.requests = new OpenRequests(config.limits());
        this.check = new RequestCheck(config.limits().maxBodyBytes());
        this.health = new HealthChecks(dependencies.nodes().all(), config.health());
        try {
            health.awaitFirst();
            this.undertow = undertow(config, tls);
            ClientConnections connections = connections(config);
            listen(config.listen(), connections);
            this.descriptorLimits =
                    DescriptorLimits.apply(undertow, connections, dependencies.nodes(), config.limits());
            requests.limit(descriptorLimits.maxRequests());
            this.admin = config.admin().map(this::admin);
        } catch (RuntimeException | InterruptedException e) {
            health.close();
            throw e;
        }
    }

    /**
     * Checks the health of each node once, then serves; blocks for up to the timeout of a check plus 2 s.
     *
     * @throws ProxyConfigException when the port cannot be opened, or a TLS file is unusable
     */
    public static StickyProxy start(ProxyConfig config) throws InterruptedException {
        StartWarning.log(StartWarnings.of(config), LOGGER);
        return new StickyProxy(config, config.tls().map(StickyProxy::tlsContext));
    }

    private static SSLContext tlsContext(ProxyConfig.TlsFiles files) {
        return ServerCertificate.read(files.certificate(), files.key(), ProxyConfigException::new)
                .context();
    }

    public int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().getFirst().getAddress()).getPort();
    }

    /** Port of the metrics; empty: they are not served. */
    public OptionalInt adminPort() {
        return admin.map(server -> OptionalInt.of(
                        ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort()))
                .orElse(OptionalInt.empty());
    }

    public List<NodeView> nodes() {
        return dependencies.nodes().all().stream().map(Node::view).toList();
    }

    /** Ends all requests and streams, whose clients reconnect by themselves, and stops listening; blocks for a few seconds at most. */
    @Override
    public void close() {
        closing = true;
        descriptorLimits.close();
        health.close();
        dependencies.nodes().all().forEach(Node::closeAll);
        long deadline = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        while (requests.count() > 0 && System.nanoTime() < deadline) {
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        admin.ifPresent(Undertow::stop);
        undertow.stop();
    }

    private Undertow undertow(ProxyConfig config, Optional<SSLContext> tls) {
        ProxyConfig.Listen listen = config.listen();
        HttpContinueReadHandler handler = new HttpContinueReadHandler(dated(this::handle));
        Undertow.Builder builder = Undertow.builder()
                .setByteBufferPool(BufferPool.forThisProcess())
                // TLS handshakes run on it.
                .setWorkerThreads(1)
                .setSslEngineDelegatedTaskExecutor(
                        new TlsHandshakes(MAX_TLS_HANDSHAKES, dependencies.metrics()::refusedHandshake))
                .setSocketOption(Options.BACKLOG, BACKLOG)
                // Otherwise it grows to some MiB for each stalled client, which WriteDeadline takes for progress.
                .setSocketOption(Options.SEND_BUFFER, SEND_BUFFER_BYTES)
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setServerOption(UndertowOptions.HTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_STREAMS_PER_CONNECTION)
                // Unlimited here: RequestCheck and the relay enforce the limit, with an answer.
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                // Otherwise an answer is buffered until the next answer ends, which for a stream is never.
                .setServerOption(UndertowOptions.BUFFER_PIPELINED_DATA, false)
                // RequestCheck allows printable characters: browsers do not encode braces and bars in a query.
                .setServerOption(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
                // The request target is forwarded unchanged.
                .setServerOption(UndertowOptions.DECODE_URL, false)
                .setServerOption(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
                .setServerOption(UndertowOptions.MAX_PARAMETERS, MAX_PARAMETERS)
                .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, REQUEST_PARSE_MILLIS)
                .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, (int)
                        config.limits().idleTimeout().toMillis())
                .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                // DateHeader sets it.
                .setServerOption(UndertowOptions.ALWAYS_SET_DATE, false)
                .setServerOption(UndertowOptions.SHUTDOWN_TIMEOUT, SHUTDOWN_MILLIS);
        return tls.map(context -> builder.addHttpsListener(listen.port(), listen.host(), context, handler))
                .orElseGet(() -> builder.addHttpListener(listen.port(), listen.host(), handler))
                .build();
    }

    /** Adds the header {@code Date} to answers that have none of a node. */
    private static HttpHandler dated(HttpHandler handler) {
        DateHeader date = new DateHeader(InstantSource.system());
        return exchange -> {
            exchange.addResponseCommitListener(date::addIfMissing);
            handler.handleRequest(exchange);
        };
    }

    /** Serves the metrics, on the threads of the proxy. */
    private Undertow admin(ProxyConfig.Listen listen) {
        Undertow server = Undertow.builder()
                .setWorker(undertow.getWorker())
                .setServerOption(UndertowOptions.ALWAYS_SET_DATE, false)
                .addHttpListener(listen.port(), listen.host(), dated(this::metrics))
                .build();
        try {
            server.start();
            return server;
        } catch (RuntimeException e) {
            undertow.stop();
            throw cannotOpen("admin-port", listen, e);
        }
    }

    private void metrics(HttpServerExchange exchange) {
        switch (exchange.getRequestPath()) {
            case "/metrics" ->
                Refusal.send(
                        exchange,
                        StatusCodes.OK,
                        ProxyMetrics.CONTENT_TYPE,
                        dependencies.metrics().text(dependencies.nodes(), requests.count()));
            case "/health" -> health(exchange);
            default -> Refusal.send(exchange, StatusCodes.NOT_FOUND, "text/plain", "see /metrics and /health\n");
        }
    }

    private static ClientConnections connections(ProxyConfig config) {
        return new ClientConnections(
                new ClientConnections.Limits(
                        config.limits().connectionsPerAddress(),
                        Duration.ofMillis(REQUEST_PARSE_MILLIS),
                        config.limits().idleTimeout()),
                ProxyConfig.networks(config.trustedProxies()),
                () -> {},
                System::nanoTime);
    }

    private void listen(ProxyConfig.Listen listen, ClientConnections connections) {
        try {
            undertow.start();
            // The body's size is unlimited here: the relay enforces the limit, with an answer.
            RequestBoundary.install(
                    undertow,
                    new RequestBoundary.Rules(
                            Long.MAX_VALUE, dependencies.limits().idleTimeout(), CANNOT_BE_READ, connections));
        } catch (RuntimeException e) {
            throw cannotOpen("port", listen, e);
        }
    }

    private static ProxyConfigException cannotOpen(String option, ProxyConfig.Listen listen, RuntimeException e) {
        String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
        return new ProxyConfigException(option, listen.host() + ":" + listen.port(), "cannot be opened: " + reason);
    }

    private void handle(HttpServerExchange exchange) {
        RequestBoundary.watch(exchange);
        if (!Http2Requests.admit(exchange, MAX_STREAMS_PER_CONNECTION)) {
            return;
        }
        Http2Requests.watchBody(exchange);
        WriteDeadline.watch(exchange, dependencies.limits().idleTimeout());
        Optional<Violation> wrong = check.check(exchange);
        if (wrong.isPresent()) {
            exchange.setPersistent(false);
            Refusal refusal = wrong.get().kind() == Violation.Kind.TOO_LARGE ? Refusal.TOO_LARGE : Refusal.BAD_REQUEST;
            dependencies.metrics().refused(refusal);
            refusal.answer(exchange, wrong.get().detail());
        } else if (Http2Requests.lacksBody(exchange)) {
            Refusal.BAD_REQUEST.answer(exchange);
        } else if (exchange.getRequestPath().equals(HEALTH_PATH)) {
            health(exchange);
        } else if (closing) {
            Refusal.NO_NODE.answer(exchange);
        } else {
            forward(exchange);
        }
    }

    private void forward(HttpServerExchange exchange) {
        long address = dependencies.headers().address(exchange);
        Refusal refusal = requests.enter(address);
        if (refusal == null) {
            exchange.dispatch(
                    SameThreadExecutor.INSTANCE,
                    new ForwardedRequest(exchange, dependencies, () -> requests.leave(address)));
        } else {
            dependencies.metrics().refused(refusal);
            refusal.answer(exchange);
        }
    }

    private void health(HttpServerExchange exchange) {
        HttpString method = exchange.getRequestMethod();
        if (!method.equals(Methods.GET) && !method.equals(Methods.HEAD)) {
            exchange.getResponseHeaders().put(Headers.ALLOW, "GET, HEAD");
            Refusal.METHOD_NOT_ALLOWED.answer(exchange);
            return;
        }
        boolean available = !closing && dependencies.nodes().anyAvailable();
        Refusal.send(
                exchange,
                available ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE,
                "application/json",
                available ? "{\"status\":\"ok\"}" : "{\"status\":\"down\"}");
    }
}
