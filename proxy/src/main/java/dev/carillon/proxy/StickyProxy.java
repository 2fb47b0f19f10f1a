package dev.carillon.proxy;

import dev.carillon.edge.Buffers;
import dev.carillon.edge.ClientConnections;
import dev.carillon.edge.Http2Requests;
import dev.carillon.edge.RequestBoundary;
import dev.carillon.edge.RequestCheck;
import dev.carillon.edge.StartWarning;
import dev.carillon.edge.Violation;
import dev.carillon.edge.WriteDeadline;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.HttpContinueReadHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.SameThreadExecutor;
import io.undertow.util.StatusCodes;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;

/**
 * A running proxy. It serves HTTP/1.1 and HTTP/2 (with TLS by ALPN, without as h2c), keeps each browser at a node by the cookie
 * {@code carillon_node}, and answers {@code /_health} itself.
 */
public final class StickyProxy implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(StickyProxy.class);
    private static final String HEALTH_PATH = "/_health";
    private static final int MAX_HEADER_BYTES = 32 * 1024;
    /** As many as fit into a head: it is for the node to refuse them. */
    private static final int MAX_PARAMETERS = MAX_HEADER_BYTES;

    private static final String CANNOT_BE_READ =
            "the request cannot be read: it breaks the rules of HTTP, or its head has more than " + MAX_HEADER_BYTES
                    + " bytes or 200 headers";
    private static final int MAX_STREAMS_PER_CONNECTION = 250;
    private static final int REQUEST_PARSE_MILLIS = 10_000;
    /** For its threads, when all requests have ended: without it Undertow would wait for one that hangs without a bound. */
    private static final int SHUTDOWN_MILLIS = 2_000;

    private static final int BACKLOG = 4_096;
    /** As a node's. */
    private static final int SEND_BUFFER_BYTES = 256 * 1024;

    private static final Duration CLOSE = Duration.ofSeconds(2);

    /** What every request needs. */
    record Parts(Nodes nodes, Heads heads, ProxyConfig.Limits limits, boolean secureCookie) {}

    private final Parts parts;
    private final RequestCheck check;
    private final OpenRequests requests;
    private final HealthChecks health;
    private final Room room;
    final Undertow undertow;
    private volatile boolean closing;

    private StickyProxy(ProxyConfig config, Optional<SSLContext> tls) throws InterruptedException {
        this.parts = new Parts(
                new Nodes(config.nodes(), config.health().fall()),
                new Heads(ProxyConfig.networks(config.trustedProxies())),
                config.limits(),
                config.secureCookie());
        this.requests = new OpenRequests(config.limits());
        this.check = new RequestCheck(config.limits().maxBodyBytes());
        this.health = new HealthChecks(parts.nodes().all(), config.health());
        try {
            health.awaitFirst();
            this.undertow = undertow(config, tls);
            ClientConnections connections = connections(config);
            listen(config.listen(), connections);
            this.room = Room.open(undertow, connections, parts);
            requests.allow(room.maxRequests());
        } catch (RuntimeException | InterruptedException e) {
            health.close();
            throw e;
        }
    }

    /**
     * Asks each node for its health once, then serves; may block for as long as a check may take and 2 s.
     *
     * @throws ProxyConfigException when the port cannot be listened on, or a file of TLS is not usable
     */
    public static StickyProxy start(ProxyConfig config) throws InterruptedException {
        StartWarning.log(StartWarnings.of(config), LOGGER);
        return new StickyProxy(config, config.tls().map(PemFiles::read));
    }

    public int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().getFirst().getAddress()).getPort();
    }

    public List<NodeView> nodes() {
        return parts.nodes().all().stream().map(Node::view).toList();
    }

    /** Ends every request and stream, whose clients come back by themselves, and stops listening; blocks for some seconds at the most. */
    @Override
    public void close() {
        closing = true;
        room.close();
        health.close();
        parts.nodes().all().forEach(Node::closeAll);
        long deadline = System.nanoTime() + CLOSE.toNanos();
        while (requests.count() > 0 && System.nanoTime() < deadline) {
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        undertow.stop();
    }

    private Undertow undertow(ProxyConfig config, Optional<SSLContext> tls) {
        ProxyConfig.Listen listen = config.listen();
        HttpContinueReadHandler handler = new HttpContinueReadHandler(this::handle);
        Undertow.Builder builder = Undertow.builder()
                .setByteBufferPool(Buffers.forThisProcess())
                .setWorkerThreads(1)
                .setSocketOption(Options.BACKLOG, BACKLOG)
                // Else it grows to some megabytes for each client that stalls, which WriteDeadline takes for progress.
                .setSocketOption(Options.SEND_BUFFER, SEND_BUFFER_BYTES)
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setServerOption(UndertowOptions.HTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_STREAMS_PER_CONNECTION)
                // None: RequestCheck and the relay hold the bound, and answer.
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                // Else an answer waits in a buffer until that of the next request ends, which for a stream is never.
                .setServerOption(UndertowOptions.BUFFER_PIPELINED_DATA, false)
                // RequestCheck takes what is printable: browsers send braces and bars in a query as they are.
                .setServerOption(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
                // Else it would be decoded where it is to pass as it was.
                .setServerOption(UndertowOptions.DECODE_URL, false)
                .setServerOption(UndertowOptions.MAX_HEADER_SIZE, MAX_HEADER_BYTES)
                .setServerOption(UndertowOptions.MAX_PARAMETERS, MAX_PARAMETERS)
                .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, REQUEST_PARSE_MILLIS)
                .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, (int)
                        config.limits().idleTimeout().toMillis())
                .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                .setServerOption(UndertowOptions.SHUTDOWN_TIMEOUT, SHUTDOWN_MILLIS);
        return tls.map(context -> builder.addHttpsListener(listen.port(), listen.host(), context, handler))
                .orElseGet(() -> builder.addHttpListener(listen.port(), listen.host(), handler))
                .build();
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
            // The relay holds the bound of a body, and answers.
            RequestBoundary.install(
                    undertow,
                    new RequestBoundary.Rules(
                            Long.MAX_VALUE, parts.limits().idleTimeout(), CANNOT_BE_READ, connections));
        } catch (RuntimeException e) {
            String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw new ProxyConfigException(
                    "port", listen.host() + ":" + listen.port(), "cannot be listened on: " + reason);
        }
    }

    private void handle(HttpServerExchange exchange) {
        RequestBoundary.watch(exchange);
        if (!Http2Requests.admit(exchange, MAX_STREAMS_PER_CONNECTION)) {
            return;
        }
        Http2Requests.watchBody(exchange);
        WriteDeadline.watch(exchange, parts.limits().idleTimeout());
        Optional<Violation> wrong = check.check(exchange);
        if (wrong.isPresent()) {
            exchange.setPersistent(false);
            Refusal refusal = wrong.get().kind() == Violation.Kind.TOO_LARGE ? Refusal.TOO_LARGE : Refusal.BAD_REQUEST;
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
        long address = parts.heads().address(exchange);
        Refusal refusal = requests.enter(address);
        if (refusal == null) {
            exchange.dispatch(SameThreadExecutor.INSTANCE, new Forward(exchange, parts, () -> requests.leave(address)));
        } else {
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
        boolean serves = !closing && parts.nodes().serve();
        Refusal.send(
                exchange,
                serves ? StatusCodes.OK : StatusCodes.SERVICE_UNAVAILABLE,
                "application/json",
                serves ? "{\"status\":\"ok\"}" : "{\"status\":\"down\"}");
    }
}
