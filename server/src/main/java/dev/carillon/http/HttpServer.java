package dev.carillon.http;

import dev.carillon.base.ConfigException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Threads;
import dev.carillon.edge.BufferPool;
import dev.carillon.edge.ClientConnections;
import dev.carillon.edge.DateHeader;
import dev.carillon.edge.Http2Requests;
import dev.carillon.edge.Networks;
import dev.carillon.edge.RequestBoundary;
import dev.carillon.edge.RequestCheck;
import dev.carillon.edge.Violation;
import dev.carillon.edge.WriteDeadline;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.server.handlers.HttpContinueReadHandler;
import io.undertow.server.handlers.URLDecodingHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;
import org.xnio.Sequence;

/** An HTTP listener of the node: its limits, and the handling that is common to all requests and answers. */
public final class HttpServer implements AutoCloseable {
    private static final HttpString NOSNIFF = new HttpString("X-Content-Type-Options");
    private static final HttpString CONTENT_SECURITY_POLICY = new HttpString("Content-Security-Policy");
    private static final HttpString REFERRER_POLICY = new HttpString("Referrer-Policy");
    private static final int MAX_PARAMETERS = 2_000;
    /** Additional head size for the headers that a proxy adds, so that the node accepts every request that its proxy accepted. */
    private static final int FORWARDED_BYTES = 4 * 1024;

    private static final String CANNOT_BE_READ = "the request is malformed, or its head has more than "
            + (HttpConfig.MAX_HEADER_BYTES + FORWARDED_BYTES) + " bytes, 200 headers or " + MAX_PARAMETERS
            + " parameters";
    /** Limit of chunked bodies. It is larger than what Requests.body reads and drops, so that Requests.body can answer where possible. */
    private static final long MAX_CHUNKED_BYTES = 4 * Requests.MAX_DROPPED_BYTES;

    private static final int BACKLOG = 4_096;
    /** Open HTTP/2 streams per connection. */
    private static final int MAX_STREAMS = 250;

    /** Resets of HTTP/2 streams per connection and window, by either side, after which the connection is closed. */
    private static final int MAX_RESETS = 200;

    private static final int RESET_WINDOW_MILLIS = 30_000;
    private static final int STOP_SECONDS = 10;
    private static final HttpHandler DECODING = new URLDecodingHandler(x -> {}, "UTF-8");
    private static final Logger LOGGER = LoggerFactory.getLogger(HttpServer.class);

    private final Undertow undertow;
    private final ClientConnections connections;
    private final int ioThreads;
    private final Threads threads;
    private volatile boolean closing;

    /**
     * Address and protocol of a listener.
     *
     * @param portKey configuration key that errors about the port name
     * @param port 0: any free port
     * @param tls null: without TLS
     * @param h2c whether HTTP/2 is served without TLS. Clients may then upgrade a request with a body, which Undertow does not end if the
     *     body is chunked and large. With TLS HTTP/2 is always served
     * @param requests counts and logs the requests
     * @param clock of the header {@code Date}
     */
    public record Listener(
            String portKey,
            String host,
            int port,
            int ioThreads,
            @Nullable SSLContext tls,
            boolean h2c,
            RequestLog requests,
            InstantSource clock) {}

    /**
     * Starts the listener.
     *
     * @param threads source of the thread that stops the server; Undertow creates the threads that serve
     * @param routes adds the handlers. Unknown paths are answered with 404, other methods with 405; handlers of GET also answer HEAD
     * @throws ConfigException when the port cannot be opened
     */
    public HttpServer(
            Listener listener,
            Origins origins,
            Networks proxies,
            Admission admission,
            Threads threads,
            Consumer<RoutingHandler> routes) {
        this(listener, SiteConfig.DEFAULT, origins, proxies, admission, threads, routes);
    }

    /** As {@link #HttpServer(Listener, Origins, Networks, Admission, Threads, Consumer)}, for a place in a site. */
    public HttpServer(
            Listener listener,
            SiteConfig site,
            Origins origins,
            Networks proxies,
            Admission admission,
            Threads threads,
            Consumer<RoutingHandler> routes) {
        RequestCheck check = new RequestCheck(Math.max(Requests.MAX_DROPPED_BYTES, site.uploadMaxBytes()));
        this.threads = threads;
        Routes routing = new Routes();
        routes.accept(routing);
        this.connections = admission.connections();
        this.ioThreads = listener.ioThreads();
        HttpHandler admitted = admission.before(routing);
        DateHeader date = new DateHeader(listener.clock());
        HttpHandler handler = new HttpContinueReadHandler(new Forwarded(proxies, x -> {
            date.addTo(x);
            RequestBoundary.watch(x);
            listener.requests().watch(x);
            if (!Http2Requests.admit(x, MAX_STREAMS)) {
                return;
            }
            Http2Requests.watchBody(x);
            WriteDeadline.watch(x, admission.limits().stallTimeout());
            Optional<Violation> wrong = check.check(x);
            if (wrong.isPresent()) {
                refuse(x, wrong.get());
                return;
            }
            if (closing) {
                x.setPersistent(false);
            }
            handle(x, site, origins, admitted);
        }));
        SSLContext tls = listener.tls();
        Undertow.Builder builder = tls == null
                ? Undertow.builder().addHttpListener(listener.port(), listener.host(), handler)
                : Undertow.builder().addHttpsListener(listener.port(), listener.host(), tls, handler);
        if (admission.limits().sendBuffer() > 0) {
            // Otherwise it grows to some MiB for each stalled client, however small its outbox is.
            builder.setSocketOption(Options.SEND_BUFFER, admission.limits().sendBuffer());
        }
        this.undertow = builder.setByteBufferPool(BufferPool.forThisProcess())
                .setIoThreads(listener.ioThreads())
                // TLS handshakes run on worker threads.
                .setWorkerThreads(tls == null ? 1 : listener.ioThreads())
                .setSslEngineDelegatedTaskExecutor(admission.handshakes())
                .setSocketOption(Options.BACKLOG, BACKLOG)
                .setSocketOption(Options.SSL_ENABLED_PROTOCOLS, Sequence.of("TLSv1.3", "TLSv1.2"))
                .setServerOption(UndertowOptions.ENABLE_HTTP2, tls != null || listener.h2c())
                .setServerOption(UndertowOptions.HTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, MAX_STREAMS)
                .setServerOption(UndertowOptions.RST_FRAMES_TIME_WINDOW, RESET_WINDOW_MILLIS)
                .setServerOption(UndertowOptions.MAX_RST_FRAMES_PER_WINDOW, MAX_RESETS)
                .setServerOption(UndertowOptions.MAX_HEADER_SIZE, HttpConfig.MAX_HEADER_BYTES + FORWARDED_BYTES)
                // Unlimited here: check, RequestBoundary and Requests.body enforce the limit, with an answer.
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .setServerOption(UndertowOptions.MAX_PARAMETERS, MAX_PARAMETERS)
                .setServerOption(UndertowOptions.REQUEST_PARSE_TIMEOUT, (int)
                        admission.limits().headerTimeout().toMillis())
                .setServerOption(UndertowOptions.NO_REQUEST_TIMEOUT, (int)
                        admission.limits().idleTimeout().toMillis())
                .setServerOption(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                // DateHeader sets it.
                .setServerOption(UndertowOptions.ALWAYS_SET_DATE, false)
                // Otherwise an answer is buffered until the next answer ends, which for a stream is never.
                .setServerOption(UndertowOptions.BUFFER_PIPELINED_DATA, false)
                // Browsers do not encode the braces of a URI Template in a query (URL Standard, section 1.3). check and
                // isWellFormed check the other characters.
                .setServerOption(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
                // Decoded in isWellFormed: with the option above, Undertow would also decode the raw request URI.
                .setServerOption(UndertowOptions.DECODE_URL, false)
                .build();
        try {
            undertow.start();
            RequestBoundary.install(
                    undertow,
                    new RequestBoundary.Rules(
                            Math.max(MAX_CHUNKED_BYTES, 2 * site.uploadMaxBytes()),
                            admission.limits().stallTimeout(),
                            CANNOT_BE_READ,
                            connections));
        } catch (RuntimeException e) {
            String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw new ConfigException(
                    listener.portKey(), listener.host() + ":" + listener.port(), "cannot be opened: " + reason);
        }
    }

    public int port() {
        return ((InetSocketAddress) undertow.getListenerInfo().getFirst().getAddress()).getPort();
    }

    /**
     * Measures how late the I/O threads are, until the result is closed.
     *
     * @param timer for this alone
     */
    public AutoCloseable watchThreads(MeterRegistry registry, ScheduledExecutorService timer, LongSupplier nanoTime) {
        return new IoThreadWatch(undertow.getWorker(), registry, timer, nanoTime);
    }

    /** Uses another certificate for new connections. */
    public void replaceCertificate(SSLContext tls) {
        undertow.getListenerInfo().getFirst().setSslContext(tls);
    }

    ClientConnections connections() {
        return connections;
    }

    /**
     * Limits the accepted connections; further ones wait in the system's queue. Takes effect asynchronously.
     *
     * @param served connections beyond which inactive ones are closed for new ones
     * @param refused additional connections, which are accepted in order to answer with a refusal
     */
    void acceptAtMost(int served, int refused) {
        List<Undertow.ListenerInfo> listeners = undertow.getListenerInfo();
        int each = (served + refused) / listeners.size();
        connections.closeInactiveBeyond(served / ioThreads);
        for (Undertow.ListenerInfo listener : listeners) {
            try {
                listener.setSocketOption(Options.CONNECTION_HIGH_WATER, each);
                listener.setSocketOption(Options.CONNECTION_LOW_WATER, each);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Closes each connection after its next answer, so that its client connects to another node. */
    public void closeAfterAnswers() {
        closing = true;
    }

    /** Stops listening and closes every connection; blocks until its threads have ended, or {@value #STOP_SECONDS} s. */
    @Override
    public void close() {
        // Undertow waits for its threads without a limit: a blocked thread must not prevent the node from stopping.
        Thread stopping = threads.blocking("carillon-http-stop", undertow::stop);
        stopping.start();
        try {
            if (!stopping.join(Duration.ofSeconds(STOP_SECONDS))) {
                LOGGER.atWarn()
                        .addKeyValue("seconds", STOP_SECONDS)
                        .addKeyValue("at", List.of(stopping.getStackTrace()))
                        .log("the listener has not stopped in time: its threads are abandoned");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the percent-encoding of path and query is valid; decodes them. RequestCheck has checked the characters. */
    private static boolean isWellFormed(HttpServerExchange exchange) {
        try {
            DECODING.handleRequest(exchange);
            return true;
        } catch (Exception e) {
            return false;
        }
    }

    private static void refuse(HttpServerExchange exchange, Violation wrong) {
        exchange.setPersistent(false);
        Admission.closeSoon(exchange);
        exchange.getResponseHeaders().put(NOSNIFF, "nosniff").put(Headers.CACHE_CONTROL, "no-store");
        Problem.answer(
                exchange,
                wrong.kind() == Violation.Kind.TOO_LARGE ? ErrorCode.TOO_LARGE : ErrorCode.INVALID_REQUEST,
                wrong.detail());
    }

    private static void handle(HttpServerExchange exchange, SiteConfig site, Origins origins, HttpHandler routing) {
        exchange.getResponseHeaders()
                .put(NOSNIFF, "nosniff")
                .put(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")
                .put(REFERRER_POLICY, "no-referrer")
                .put(Headers.CACHE_CONTROL, "no-store");
        origins.headers(exchange)
                .forEach((name, value) -> exchange.getResponseHeaders().put(new HttpString(name), value));
        if (origins.preflight(exchange)) {
            return;
        }
        if (Http2Requests.lacksBody(exchange)) {
            Problem.answer(
                    exchange,
                    ErrorCode.INVALID_REQUEST,
                    "the request ended before the body that its Content-Length announces");
            return;
        }
        if (!isWellFormed(exchange)) {
            Problem.answer(
                    exchange,
                    ErrorCode.INVALID_REQUEST,
                    "the URL has a character that must be percent-encoded, or a % without two hexadecimal digits");
            return;
        }
        if (!BasePath.strip(exchange, site.basePath())) {
            Problem.notFound(exchange, "the paths of this node begin with " + site.basePath());
            return;
        }
        try {
            routing.handleRequest(exchange);
        } catch (Exception e) {
            Problem.answer(exchange, e);
        }
    }
}
