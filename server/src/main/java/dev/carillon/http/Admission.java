package dev.carillon.http;

import dev.carillon.base.ConfigException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.edge.ClientConnections;
import dev.carillon.edge.Descriptors;
import dev.carillon.edge.Networks;
import dev.carillon.edge.TlsHandshakes;
import dev.carillon.limits.MemoryBudget;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.util.Headers;
import io.undertow.util.Protocols;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/**
 * Admits or refuses requests by the node's capacity and by the limits of client addresses. Requests beyond the capacity are refused early
 * and with an answer: accepting a connection must never fail for lack of a descriptor, as XNIO then accepts nothing for up to 30 s. A
 * request counts from its head to its end, which for a stream is the end of its connection. Beyond the maximum, one part of the descriptor
 * reserve accepts connections in order to refuse them; further connections wait in the system's queue. Thread-safe; runs on I/O threads,
 * except {@link #watch}.
 */
public final class Admission {
    private static final Logger LOGGER = LoggerFactory.getLogger(Admission.class);
    /** Fewer connections indicate that the descriptor limit is a mistake. */
    private static final int MIN_CONNECTIONS = 16;

    private static final int MAX_CONNECTIONS = 10_000_000;
    /** Maximum of open requests on a port of operators or nodes. */
    private static final int PORT_REQUESTS = 512;

    private static final int CLOSE_SECONDS = 5;
    /** The lookup of a token costs a digest of up to 16 KiB, before the request is admitted. */
    static final int UNKNOWN_TOKENS_PER_SECOND = 100;

    private static final int RETRY_MIN_MILLIS = 3_000;
    private static final int RETRY_MAX_MILLIS = 5_000;

    private final Limits limits;
    private final Networks proxies;
    private final Paths paths;
    private final Descriptors descriptors;
    private final MemoryBudget budget;
    private final RandomGenerator random;
    private final LongSupplier nanoTime;
    private final AddressLimits addresses;
    private final AddressLimits unknownTokens;
    private final Counter refusedFull;
    private final Counter refusedStreams;
    private final Counter refusedRate;
    private final Counter refusedConnections;
    private final TlsHandshakes handshakes;
    private final AtomicInteger active = new AtomicInteger();
    private volatile int max = Integer.MAX_VALUE;
    private volatile Sample sample = new Sample(Long.MAX_VALUE, 0);
    // Accessed by the thread of watch() only.
    private boolean scarce;

    private boolean full;

    /**
     * Requests with special treatment.
     *
     * @param streams paths that answer with streams, which are refused as streams; so are requests that accept {@code text/event-stream}
     * @param exempt paths that are never refused: a proxy must not take a full node for one that is down
     * @param uncounted requests that the rate limit does not count, such as those of a backend with a valid token; runs on I/O threads
     * @param refusal answers refused requests for streams
     * @param elsewhere answers admitted requests that must go to another node, and returns whether it did
     */
    public record Paths(
            Predicate<String> streams,
            Set<String> exempt,
            Predicate<HttpServerExchange> uncounted,
            StreamRefusal refusal,
            Predicate<HttpServerExchange> elsewhere) {}

    /** Answers a refused request for a stream with an incomplete response: some clients do not reconnect after a complete one. */
    @FunctionalInterface
    public interface StreamRefusal {
        /** Sends the first bytes of an event stream and cuts it off; on the exchange's I/O thread. */
        void cutOff(HttpServerExchange exchange, byte[] first);
    }

    /** @param available connections that the descriptors allowed when {@code active} requests were open */
    private record Sample(long available, int active) {}

    public Admission(
            Limits limits,
            Networks proxies,
            Paths paths,
            MemoryBudget budget,
            MeterRegistry registry,
            Platform platform) {
        this(limits, proxies, paths, budget, registry, platform, Descriptors.ofThisProcess());
    }

    Admission(
            Limits limits,
            Networks proxies,
            Paths paths,
            MemoryBudget budget,
            MeterRegistry registry,
            Platform platform,
            Descriptors descriptors) {
        this.random = platform.random();
        this.nanoTime = platform.nanoTime();
        this.budget = budget;
        this.limits = limits;
        this.proxies = proxies;
        this.paths = paths;
        this.descriptors = descriptors;
        this.addresses = new AddressLimits(
                limits.streamsPerAddress(), limits.requestsPerAddress(), platform.nanoTime(), platform.secureRandom());
        this.unknownTokens = new AddressLimits(
                0,
                limits.requestsPerAddress() == 0 ? 0 : UNKNOWN_TOKENS_PER_SECOND,
                platform.nanoTime(),
                platform.secureRandom());
        this.refusedFull = refused(registry, "full");
        this.refusedStreams = refused(registry, "address-streams");
        this.refusedRate = refused(registry, "address-rate");
        this.refusedConnections = refused(registry, "address-connections");
        this.handshakes = new TlsHandshakes(limits.tlsHandshakes(), refused(registry, "tls-handshakes")::increment);
        Gauge.builder("carillon.tls.handshakes", handshakes::pending)
                .description("TLS handshakes that run or wait")
                .register(registry);
        Gauge.builder("carillon.requests.open", active::get)
                .description("Open requests and streams")
                .register(registry);
        Gauge.builder("carillon.requests.max", () -> max)
                .description("Maximum of open requests and streams")
                .register(registry);
    }

    /**
     * Returns the admission of a port for operators or nodes, with the timeouts only. Once {@linkplain #open opened} it allows {@value
     * #PORT_REQUESTS} concurrent requests and twice as many connections, of which idle ones are closed for new ones, so that clients of the
     * port cannot exhaust the descriptors of the process.
     */
    public static Admission unlimited(Limits limits, Platform platform) {
        Limits timeouts = new Limits(
                PORT_REQUESTS,
                0,
                0,
                0,
                limits.tlsHandshakes(),
                0,
                limits.headerTimeout(),
                limits.bodyTimeout(),
                limits.idleTimeout(),
                limits.stallTimeout());
        return new Admission(
                timeouts,
                Networks.NONE,
                new Paths(
                        path -> false,
                        Set.of(),
                        exchange -> false,
                        (exchange, first) -> exchange.endExchange(),
                        exchange -> false),
                MemoryBudget.unlimited(),
                new CompositeMeterRegistry(),
                platform,
                new Descriptors(Long.MAX_VALUE, () -> 0));
    }

    private static Counter refused(MeterRegistry registry, String reason) {
        return Counter.builder("carillon.requests.refused")
                .description("Requests and connections refused by a limit")
                .tag("reason", reason)
                .register(registry);
    }

    /**
     * Derives the maximum from the descriptors that are open now, which must include all of the node's own, and limits the server's
     * connections to it plus one part of the reserve.
     *
     * @throws ConfigException when there are too few descriptors
     */
    public void open(HttpServer server) {
        // Clients may have connected already.
        long available =
                descriptors.available() + active.get() + server.connections().inactive();
        int given = limits.maxConnections();
        String allowed = descriptors.max() + " file descriptors of the process (ulimit -n) allow";
        if (available < MIN_CONNECTIONS) {
            throw new ConfigException(
                    "max-connections",
                    given,
                    "needs file descriptors for at least " + MIN_CONNECTIONS + " connections, but the " + allowed + " "
                            + Math.max(0, available));
        }
        if (given > available) {
            throw new ConfigException(
                    "max-connections", given, "must not exceed the " + available + " connections that the " + allowed);
        }
        max = given == 0 ? (int) Math.min(available, MAX_CONNECTIONS) : given;
        sample = new Sample(available, 0);
        server.acceptAtMost(max, descriptors.reservePart());
    }

    /** Checks the descriptors; to be called once a second on a thread that may block for some milliseconds. */
    public void watch(HttpServer server) {
        int open = active.get();
        // Inactive connections are closed for new ones.
        long available = descriptors.available() + server.connections().inactive();
        sample = new Sample(available, open);
        if (descriptors.isScarce(scarce) != scarce) {
            scarce = !scarce;
            server.acceptAtMost(scarce ? 0 : max, scarce ? 0 : descriptors.reservePart());
            LOGGER.atWarn()
                    .addKeyValue("max", descriptors.max())
                    .log(
                            scarce
                                    ? "file descriptors are running out: no connections are accepted for now"
                                    : "file descriptors are available again: connections are accepted");
        }
        if (scarce) {
            server.connections().closeInactive(descriptors.reservePart());
        }
        // The hysteresis prevents a log message for each client.
        int hysteresis = full ? Math.max(1, max / 20) : 0;
        boolean fullNow = open >= max - hysteresis || available <= hysteresis;
        if (fullNow != full) {
            full = fullNow;
            if (full) {
                LOGGER.atWarn()
                        .addKeyValue("open", open)
                        .addKeyValue("max", max)
                        .addKeyValue("available", available)
                        .log("the node is full: new clients are refused for now");
            } else {
                LOGGER.atInfo().addKeyValue("open", open).log("the node accepts new clients again");
            }
        }
    }

    /** Open requests and streams. */
    public int open() {
        return active.get();
    }

    Limits limits() {
        return limits;
    }

    TlsHandshakes handshakes() {
        return handshakes;
    }

    /** Returns the connection tracking for a server with these limits. */
    ClientConnections connections() {
        return new ClientConnections(
                new ClientConnections.Limits(
                        limits.connectionsPerAddress(), limits.headerTimeout(), limits.idleTimeout()),
                proxies,
                refusedConnections::increment,
                nanoTime);
    }

    /** Returns a handler that passes admitted requests to the next one. */
    HttpHandler before(HttpHandler next) {
        HttpHandler timed = new BodyTimer(limits.bodyTimeout(), next);
        return exchange -> {
            long address = address(exchange);
            new RequestMemory(budget, address).attach(exchange);
            if (paths.exempt().contains(exchange.getRequestPath())
                    || admit(exchange, address) && !paths.elsewhere().test(exchange)) {
                timed.handleRequest(exchange);
            }
        };
    }

    /** Counts a request until its end, or refuses it. */
    private boolean admit(HttpServerExchange exchange, long address) {
        boolean stream = isStream(exchange);
        boolean uncounted = isUncounted(exchange, address);
        if (!uncounted && !addresses.tryAcquire(address)) {
            refusedRate.increment();
            refuse(
                    exchange,
                    stream,
                    ErrorCode.TOO_MANY_REQUESTS,
                    "request rate limit exceeded for this client address");
            return false;
        }
        if (!uncounted) {
            RequestRate.attach(exchange, requests -> tryAcquireMore(address, requests));
        }
        int open = active.incrementAndGet();
        Sample last = sample;
        if (open > max || open - last.active() > last.available()) {
            active.decrementAndGet();
            refusedFull.increment();
            refuse(exchange, stream, ErrorCode.OVERLOADED, "the node is full");
            return false;
        }
        // A WebSocket lasts like a stream, but is refused as a request, which is all its client understands.
        boolean counted = stream || exchange.getRequestHeaders().contains(Headers.UPGRADE);
        if (counted && !addresses.open(address)) {
            active.decrementAndGet();
            refusedStreams.increment();
            refuse(exchange, stream, ErrorCode.TOO_MANY_REQUESTS, "stream limit exceeded for this client address");
            return false;
        }
        RequestPermit.attach(exchange, () -> {
            active.decrementAndGet();
            if (counted) {
                addresses.close(address);
            }
        });
        return true;
    }

    private boolean tryAcquireMore(long address, int requests) {
        boolean acquired = addresses.tryAcquireMore(address, requests);
        if (!acquired) {
            refusedRate.increment();
        }
        return acquired;
    }

    /** Tokens of an address that sends many unknown tokens are not looked up; its requests are counted. */
    boolean isUncounted(HttpServerExchange exchange, long address) {
        if (unknownTokens.isExceeded(address)) {
            return false;
        }
        boolean uncounted = paths.uncounted().test(exchange);
        if (!uncounted && Requests.bearer(exchange) != null) {
            boolean _ = unknownTokens.tryAcquire(address);
        }
        return uncounted;
    }

    private boolean isStream(HttpServerExchange exchange) {
        String accept = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
        // Publishing to the hub is a POST at the path of its streams, whose client must not take the refusal for
        // success.
        return Requests.isSafe(exchange)
                && (paths.streams().test(exchange.getRequestPath())
                        || (accept != null && accept.contains("text/event-stream")));
    }

    /** The key of the client's address; if a trusted proxy names no client, of the proxy, so that every request is limited. */
    private static long address(HttpServerExchange exchange) {
        InetSocketAddress source = exchange.getSourceAddress();
        InetAddress address = source == null ? null : source.getAddress();
        return address == null ? 0 : AddressLimits.key(address);
    }

    /** Answers and closes the connection, as the node has too many connections. */
    private void refuse(HttpServerExchange exchange, boolean stream, ErrorCode code, String detail) {
        if (stream && exchange.isRequestComplete() && !Requests.isHead(exchange)) {
            // Dispatched, so that Undertow does not end the exchange and the response stays incomplete.
            exchange.dispatch(exchange.getIoThread(), () -> paths.refusal().cutOff(exchange, retry()));
            return;
        }
        exchange.setPersistent(false);
        closeSoon(exchange);
        if (stream) {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/event-stream");
            exchange.getResponseSender().send(ByteBuffer.wrap(retry()));
        } else {
            Problem.answer(exchange, code, detail);
        }
    }

    private byte[] retry() {
        return Text.utf8("retry: " + random.nextInt(RETRY_MIN_MILLIS, RETRY_MAX_MILLIS) + "\n\n");
    }

    /** Closes the connection after {@value #CLOSE_SECONDS} s: Undertow waits for the client to close it, without a limit. */
    static void closeSoon(HttpServerExchange exchange) {
        if (exchange.getProtocol().equals(Protocols.HTTP_2_0)) {
            // The connection carries other requests.
            return;
        }
        ServerConnection connection = exchange.getConnection();
        XnioExecutor.Key timer = exchange.getIoThread()
                .executeAfter(() -> IoUtils.safeClose(connection), CLOSE_SECONDS, TimeUnit.SECONDS);
        connection.addCloseListener(c -> timer.remove());
    }
}
