package dev.carillon.http;

import dev.carillon.base.ConfigException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.edge.ClientConnections;
import dev.carillon.edge.Descriptors;
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
import java.util.List;
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
 * Refuses what a node has no room for, early and with an answer: accepting a connection must never fail for want of a descriptor,
 * as XNIO then accepts nothing for up to 30 s. Requests are counted from their head to their end, which for a stream is the end of
 * its connection. Beyond the maximum, connections of one part of the descriptors' reserve are still accepted, to be refused; more wait
 * in the system's queue. Thread-safe; runs on I/O threads, but for {@link #watch}.
 */
public final class Admission {
    private static final Logger LOGGER = LoggerFactory.getLogger(Admission.class);
    /** A node for fewer is none: its descriptors were limited by mistake. */
    private static final int MAX_DERIVED_LEAST = 16;

    private static final int MAX_DERIVED_MOST = 10_000_000;
    /** With one part of a reserve as large, for a port that counts no descriptors of the process. */
    private static final int PORT_REQUESTS = 512;

    private static final int CLOSE_SECONDS = 5;
    /** To tell whether a token is known costs a digest of up to 16 KiB, before anything else is decided about the request. */
    static final int UNKNOWN_TOKENS_PER_SECOND = 100;

    private static final int RETRY_MIN_MILLIS = 3_000;
    private static final int RETRY_MAX_MILLIS = 5_000;

    private final Limits limits;
    private final TrustedProxies proxies;
    private final Paths paths;
    private final Descriptors descriptors;
    private final MemoryBudget budget;
    private final RandomGenerator random;
    private final LongSupplier nanoTime;
    private final AddressLimits addresses;
    private final AddressLimits unknownTokens;
    private final Counter full;
    private final Counter tooManyStreams;
    private final Counter tooFast;
    private final Counter tooManyConnections;
    private final AtomicInteger active = new AtomicInteger();
    private volatile int max = Integer.MAX_VALUE;
    private volatile Sample sample = new Sample(Long.MAX_VALUE, 0);
    /** Of the thread that watches alone. */
    private boolean scarce;

    private boolean crowded;

    /**
     * Requests that are treated in a way of their own.
     *
     * @param streams answered by streams, which are refused as such; a request that accepts one is, too
     * @param free never refused: a proxy must not take a node that is full for one that is down
     * @param uncounted what the rate of an address does not count: a backend that publishes with a good token; runs on I/O threads
     */
    public record Paths(
            Predicate<String> streams,
            Set<String> free,
            Predicate<HttpServerExchange> uncounted,
            StreamRefusal refusal) {}

    /** Answers a request for a stream that is refused: some clients never come back after a complete response. */
    @FunctionalInterface
    public interface StreamRefusal {
        /** Begins an event stream with these bytes, and cuts it off; on the exchange's I/O thread. */
        void cutOff(HttpServerExchange exchange, byte[] first);
    }

    /** @param room for connections, when {@code active} requests were open */
    private record Sample(long room, int active) {}

    public Admission(
            Limits limits,
            TrustedProxies proxies,
            Paths paths,
            MemoryBudget budget,
            MeterRegistry registry,
            Platform platform) {
        this(limits, proxies, paths, budget, registry, platform, Descriptors.ofThisProcess());
    }

    Admission(
            Limits limits,
            TrustedProxies proxies,
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
        this.full = refused(registry, "full");
        this.tooManyStreams = refused(registry, "address-streams");
        this.tooFast = refused(registry, "address-rate");
        this.tooManyConnections = refused(registry, "address-connections");
        Gauge.builder("carillon.requests.open", active::get).register(registry);
        Gauge.builder("carillon.requests.max", () -> max).register(registry);
    }

    /**
     * Of a port for operators or nodes: with the limits of time, and once it is {@linkplain #open opened} for {@value #PORT_REQUESTS} requests
     * at a time and twice as many connections, of which those that wait make room: strangers cannot use up the descriptors of the process.
     */
    public static Admission unlimited(Limits limits, Platform platform) {
        Limits times = new Limits(
                PORT_REQUESTS,
                0,
                0,
                0,
                0,
                limits.headerTimeout(),
                limits.bodyTimeout(),
                limits.idleTimeout(),
                limits.stallTimeout());
        return new Admission(
                times,
                new TrustedProxies(List.of()),
                new Paths(path -> false, Set.of(), exchange -> false, (exchange, first) -> exchange.endExchange()),
                MemoryBudget.unlimited(),
                new CompositeMeterRegistry(),
                platform,
                new Descriptors(Long.MAX_VALUE, () -> 0));
    }

    private static Counter refused(MeterRegistry registry, String reason) {
        return registry.counter("carillon.requests.refused", "reason", reason);
    }

    /**
     * Sets the maximum by what is open now, which must be all that the node needs for itself, and has the server accept no more
     * than that and one part of the reserve.
     *
     * @throws ConfigException when the descriptors do not suffice
     */
    public void open(HttpServer server) {
        // Clients may be here already.
        long room = descriptors.room() + active.get() + server.connections().waiting();
        int given = limits.maxConnections();
        if (given > room || room < MAX_DERIVED_LEAST) {
            throw new ConfigException(
                    "max-connections",
                    given,
                    "must fit into the " + descriptors.max()
                            + " file descriptors of the process (ulimit -n), which leave room for " + Math.max(0, room)
                            + " connections, and " + MAX_DERIVED_LEAST + " at least");
        }
        max = given == 0 ? (int) Math.min(room, MAX_DERIVED_MOST) : given;
        sample = new Sample(room, 0);
        server.acceptAtMost(max, descriptors.part());
    }

    /** Looks at the descriptors; once a second, on a thread that may take some milliseconds for it. */
    public void watch(HttpServer server) {
        int before = active.get();
        // Those that wait make room.
        long room = descriptors.room() + server.connections().waiting();
        sample = new Sample(room, before);
        if (descriptors.scarce(scarce) != scarce) {
            scarce = !scarce;
            server.acceptAtMost(scarce ? 0 : max, scarce ? 0 : descriptors.part());
            LOGGER.atWarn()
                    .addKeyValue("max", descriptors.max())
                    .log(
                            scarce
                                    ? "file descriptors run out: no connections are accepted for now"
                                    : "file descriptors are free again: connections are accepted");
        }
        if (scarce) {
            server.connections().shed(descriptors.part());
        }
        // Somewhat apart, so that the log does not go on and off with each client.
        int apart = crowded ? Math.max(1, max / 20) : 0;
        boolean crowdedNow = before >= max - apart || room <= apart;
        if (crowdedNow != crowded) {
            crowded = crowdedNow;
            if (crowded) {
                LOGGER.atWarn()
                        .addKeyValue("open", before)
                        .addKeyValue("max", max)
                        .addKeyValue("room", room)
                        .log("the node is full: new clients are refused for now");
            } else {
                LOGGER.atInfo().addKeyValue("open", before).log("the node takes new clients again");
            }
        }
    }

    Limits limits() {
        return limits;
    }

    /** What is known of the connections of a server with these limits. */
    ClientConnections connections() {
        return new ClientConnections(
                new ClientConnections.Limits(
                        limits.connectionsPerAddress(), limits.headerTimeout(), limits.idleTimeout()),
                proxies.networks(),
                tooManyConnections::increment,
                nanoTime);
    }

    /** What may be handled goes on to the next handler. */
    HttpHandler before(HttpHandler next) {
        HttpHandler timed = new BodyTimer(limits.bodyTimeout(), next);
        return exchange -> {
            long address = address(exchange);
            new RequestMemory(budget, address).attach(exchange);
            if (paths.free().contains(exchange.getRequestPath()) || admit(exchange, address)) {
                timed.handleRequest(exchange);
            }
        };
    }

    /** Counts a request until its end, or refuses it. */
    private boolean admit(HttpServerExchange exchange, long address) {
        boolean stream = isStream(exchange);
        boolean uncounted = isUncounted(exchange, address);
        if (!uncounted && !addresses.begin(address)) {
            tooFast.increment();
            refuse(
                    exchange,
                    stream,
                    ErrorCode.TOO_MANY_REQUESTS,
                    "request rate limit exceeded for this client address");
            return false;
        }
        if (!uncounted) {
            RequestRate.attach(exchange, more -> more(address, more));
        }
        int open = active.incrementAndGet();
        Sample last = sample;
        if (open > max || open - last.active() > last.room()) {
            active.decrementAndGet();
            full.increment();
            refuse(exchange, stream, ErrorCode.OVERLOADED, "the node is full");
            return false;
        }
        // A WebSocket lasts like a stream, but is refused as a request: there is nothing else that its client
        // understands.
        boolean counted = stream || exchange.getRequestHeaders().contains(Headers.UPGRADE);
        if (counted && !addresses.open(address)) {
            active.decrementAndGet();
            tooManyStreams.increment();
            refuse(exchange, stream, ErrorCode.TOO_MANY_REQUESTS, "this address has too many streams");
            return false;
        }
        Slot.hold(exchange, () -> {
            active.decrementAndGet();
            if (counted) {
                addresses.close(address);
            }
        });
        return true;
    }

    private boolean more(long address, int requests) {
        boolean may = addresses.more(address, requests);
        if (!may) {
            tooFast.increment();
        }
        return may;
    }

    /** Tokens of an address that sends many unknown ones are not looked at: its requests are counted. */
    boolean isUncounted(HttpServerExchange exchange, long address) {
        if (unknownTokens.isSpent(address)) {
            return false;
        }
        boolean uncounted = paths.uncounted().test(exchange);
        if (!uncounted && Requests.bearer(exchange) != null) {
            boolean _ = unknownTokens.begin(address);
        }
        return uncounted;
    }

    private boolean isStream(HttpServerExchange exchange) {
        String accept = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
        // Who publishes to a hub does it at the path of its streams, and must not take a refusal for success.
        return Requests.isSafe(exchange)
                && (paths.streams().test(exchange.getRequestPath())
                        || (accept != null && accept.contains("text/event-stream")));
    }

    /** Of the client; where a trusted proxy names none, of that proxy: no request escapes the limits. */
    private static long address(HttpServerExchange exchange) {
        InetSocketAddress source = exchange.getSourceAddress();
        InetAddress address = source == null ? null : source.getAddress();
        return address == null ? 0 : AddressLimits.key(address);
    }

    /** The connection ends with the answer: it is what the node has too many of. */
    private void refuse(HttpServerExchange exchange, boolean stream, ErrorCode code, String detail) {
        if (stream && exchange.isRequestComplete() && !Requests.isHead(exchange)) {
            // So that no end of the exchange follows by itself: the response stays incomplete.
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

    /** Undertow waits for the client to close, without a bound. */
    static void closeSoon(HttpServerExchange exchange) {
        if (exchange.getProtocol().equals(Protocols.HTTP_2_0)) {
            // The connection is that of other requests, too.
            return;
        }
        ServerConnection connection = exchange.getConnection();
        XnioExecutor.Key timer = exchange.getIoThread()
                .executeAfter(() -> IoUtils.safeClose(connection), CLOSE_SECONDS, TimeUnit.SECONDS);
        connection.addCloseListener(c -> timer.remove());
    }
}
