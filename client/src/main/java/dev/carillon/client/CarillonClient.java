package dev.carillon.client;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A client of a cluster, for backends. Calls block, so they belong on virtual threads. Thread-safe.
 *
 * <pre>
 *  try (CarillonClient client = CarillonClient.builder(URI.create("http://127.0.0.1:8080")).token(tokens::current).build()) {
 *      client.broadcast(Broadcast.to("topic:orders").type("changed").json("{\"id\":7}"));
 *  }
 * </pre>
 */
public final class CarillonClient implements AutoCloseable {
    private static final int MAX_BATCH = 1_000;

    private final HttpClient http;
    private final Connector connector;
    private final Broadcasting broadcasting;
    private final Reading reading;
    private final Timing timing;
    private final Duration silence;
    private final Set<Subscription> subscriptions = ConcurrentHashMap.newKeySet();
    private final Set<Feed> feeds = ConcurrentHashMap.newKeySet();

    private CarillonClient(Builder options, Timing timing) {
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(options.connectTimeout)
                // The session and the node that a sticky proxy chose: a token is renewed by the session of its stream.
                .cookieHandler(new CookieManager());
        if (options.tls != null) {
            builder.sslContext(options.tls);
        }
        this.http = builder.build();
        this.timing = timing;
        this.silence = options.silence;
        this.connector = new Connector(http, options.nodes, options.token, options.requestTimeout);
        this.broadcasting = new Broadcasting(connector, timing, options.broadcastTimeout);
        this.reading = new Reading(connector);
    }

    /**
     * Options of a client.
     *
     * @param nodes addresses of a proxy, or of one or more nodes, with their base path. After a failure the next one is used
     */
    public static Builder builder(URI... nodes) {
        return new Builder(List.of(nodes));
    }

    /**
     * Broadcasts an event. While nodes are unreachable or refuse it for the moment, it is sent again with the same id, or else the same
     * {@code Idempotency-Key}, so that it is delivered once.
     *
     * @return the id of the event, which is in the log then
     * @throws ClientException the event was refused, or the time is over; {@link ClientException#isOutcomeUnknown} says whether a node may have
     *     accepted it
     */
    public String broadcast(Broadcast event) throws InterruptedException {
        return broadcasting.broadcast(event);
    }

    /**
     * Broadcasts events in this order by one request, repeated as a whole; one that is refused does not affect the others.
     *
     * @param events 1 to 1,000, at most 1.7 MB
     * @return a result for each
     * @throws ClientException the request failed as a whole
     */
    public List<BroadcastResult> broadcast(List<Broadcast> events) throws InterruptedException {
        if (events.isEmpty() || events.size() > MAX_BATCH) {
            throw new IllegalArgumentException("events: must be 1 to " + MAX_BATCH + ", not " + events.size());
        }
        return broadcasting.broadcast(events);
    }

    /** Subscribes, until the subscription or this client is closed. */
    public Subscription subscribe(Subscribe what, EventListener listener) {
        subscriptions.removeIf(Subscription::isClosed);
        Subscription subscription = new Subscription(connector, timing, silence, what, listener);
        subscriptions.add(subscription);
        return subscription.start();
    }

    /** Opens one connection for many topics, which are added and removed later; until it or this client is closed. */
    public Feed feed(FeedListener listener) {
        feeds.removeIf(Feed::isClosed);
        Feed feed = new Feed(http, connector, timing, silence, listener);
        feeds.add(feed);
        return feed.start();
    }

    /**
     * The end of the log, for a state without a gap: ask for it, load the state, then subscribe {@linkplain Subscribe#after after} it.
     *
     * @param scopes 1 to 100 scopes with history, such as {@code topic:orders}
     * @return a cursor
     * @throws ClientException the request was refused or had no answer; it is repeated once, at the next node
     */
    public String position(String... scopes) throws InterruptedException {
        return reading.position(List.of(scopes));
    }

    /**
     * Reads stored events.
     *
     * @param scopes 1 to 100 scopes
     * @param after event id or cursor; empty: from the first event that is stored
     * @param limit of the events in a page, 1 to 1,000
     * @throws ClientException the request was refused or had no answer; it is repeated once, at the next node. The code is {@code invalid-cursor} if the log does not have the
     *     position
     */
    public HistoryPage history(List<String> scopes, String after, int limit) throws InterruptedException {
        return reading.history(scopes, after, limit);
    }

    /** Closes all subscriptions and feeds, and ends requests without their answers. */
    @Override
    public void close() {
        subscriptions.forEach(Subscription::close);
        feeds.forEach(Feed::close);
        http.shutdownNow();
    }

    /** Options of a {@link CarillonClient}. */
    public static final class Builder {
        private final List<URI> nodes;
        private Supplier<@Nullable String> token = () -> null;
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration requestTimeout = Duration.ofSeconds(10);
        private Duration broadcastTimeout = Duration.ofSeconds(30);
        private Duration silence = Duration.ofSeconds(60);
        private @Nullable SSLContext tls;

        private Builder(List<URI> nodes) {
            if (nodes.isEmpty()
                    || Stream.of("http", "https")
                            .noneMatch(String.valueOf(nodes.getFirst().getScheme())::equals)) {
                throw new IllegalArgumentException(
                        "nodes: must be one or more addresses such as http://127.0.0.1:8080, not " + nodes);
            }
            this.nodes = nodes.stream()
                    .map(node -> node.getPath().endsWith("/") ? node : URI.create(node + "/"))
                    .toList();
        }

        /** Called for each request and stream, and when a token expires; it should keep its token. It may block. Null: no token. */
        public Builder token(Supplier<@Nullable String> supplier) {
            this.token = supplier;
            return this;
        }

        /** Time limit of a broadcast with all its repeats; default 30 s. */
        public Builder broadcastTimeout(Duration limit) {
            this.broadcastTimeout = positive("broadcastTimeout", limit);
            return this;
        }

        /** Time limit of one request; default 10 s. */
        public Builder requestTimeout(Duration limit) {
            this.requestTimeout = positive("requestTimeout", limit);
            return this;
        }

        /** Time limit of a connection; default 5 s. */
        public Builder connectTimeout(Duration limit) {
            this.connectTimeout = positive("connectTimeout", limit);
            return this;
        }

        /** Time without any data after which a stream is given up; default 60 s. More than {@code heartbeat} of the nodes. */
        public Builder silence(Duration limit) {
            this.silence = positive("silence", limit);
            return this;
        }

        /** Trust and keys for {@code https}; default: those of the JVM. */
        public Builder tls(SSLContext context) {
            this.tls = context;
            return this;
        }

        public CarillonClient build() {
            return build(new SystemTiming());
        }

        CarillonClient build(Timing timing) {
            return new CarillonClient(this, timing);
        }

        private static Duration positive(String name, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(name + ": must be positive, not " + value);
            }
            return value;
        }
    }
}
