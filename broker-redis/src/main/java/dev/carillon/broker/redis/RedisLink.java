package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.WriteRefusal;
import dev.carillon.broker.redis.script.Keys;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a session with the server open. A single virtual thread connects, monitors the session until it ends, backs off, and connects
 * again. Only this thread notifies the health listeners.
 */
final class RedisLink implements Health, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisLink.class);

    private static final Duration PING_INTERVAL = Duration.ofSeconds(2);
    /** A server that is silent for this time counts as failed; with the interval of pings it is detected within 6 s. */
    private static final Duration MAX_SILENCE = Duration.ofSeconds(4);

    /** Nodes leave a primary that is cut off from its sentinels within this time after these promoted another server. */
    private static final Duration SENTINEL_INTERVAL = Duration.ofSeconds(1);

    private static final Duration MIN_BACKOFF = Duration.ofMillis(20);
    private static final Duration MAX_BACKOFF = Duration.ofMillis(300);

    private sealed interface State {
        record Connected(RedisSession session) implements State {}

        record Unavailable(Instant since, String reason) implements State {}

        record Closed(Instant since) implements State {}
    }

    private final Connector connector;
    private final Keys keys;
    private final BrokerOptions options;
    private final Consumer<RedisSession> onSession;
    private final List<Consumer<HealthEvent>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong outstanding = new AtomicLong();
    private final CompletableFuture<RedisSession> first = new CompletableFuture<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private final WriteRefusal refusal;
    private final Platform platform;
    private final TimeLimit limit;
    private volatile Runnable onSlotMoved = () -> {};
    private volatile State state;

    /** @param onSession prepares each new session before its use, on the link's thread; may block */
    RedisLink(
            Connector connector,
            Keys keys,
            BrokerOptions options,
            Consumer<RedisSession> onSession,
            Platform platform) {
        this.connector = connector;
        this.keys = keys;
        this.options = options;
        this.onSession = onSession;
        this.refusal = new WriteRefusal(connector.address());
        this.platform = platform;
        this.limit = new TimeLimit(options.timeout(), platform.timer());
        this.state = new State.Unavailable(platform.clock().instant(), "not connected yet");
        this.thread = platform.threads().blocking("carillon-redis-link", this::run);
    }

    /**
     * Blocks until the first session is open.
     *
     * @throws BrokerUnavailableException when none opens within the start timeout
     * @throws ConfigException when none can ever open
     */
    void start() {
        thread.start();
        try {
            first.get(options.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ConfigException config) {
                throw config;
            }
            throw Failures.of(e);
        } catch (TimeoutException e) {
            throw new BrokerUnavailableException("no Redis server answers at " + connector.address() + " within "
                    + options.startTimeout().toMillis() + " ms (" + reason()
                    + "): check that it runs, that host and port are right, and that no firewall blocks them");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerUnavailableException("interrupted while connecting to Redis", e);
        }
    }

    /** Connects without waiting; completes with the first session, or when none can ever open: see {@link #refused}. */
    CompletableFuture<RedisSession> begin() {
        thread.start();
        return first;
    }

    /** From now on, an attempt that can never succeed is repeated, too, and the first session is reported to the listeners. */
    void persist() {
        boolean _ = first.cancel(false);
    }

    /** Why no session can ever open; null: one may. */
    @Nullable
    ConfigException refused() {
        return first.state() == Future.State.FAILED && first.exceptionNow() instanceof ConfigException config
                ? config
                : null;
    }

    /** Why no session is open. */
    String reason() {
        return state instanceof State.Unavailable unavailable ? unavailable.reason() : "closed";
    }

    /** @param consumer called on the link's thread when the server says that a slot has moved; must not block */
    void onSlotMoved(Runnable consumer) {
        onSlotMoved = consumer;
    }

    /** @throws BrokerUnavailableException when no session is open */
    RedisSession session() {
        if (state instanceof State.Connected(RedisSession session)) {
            RedisSession.End end = session.ended();
            if (end == null) {
                return session;
            }
            throw new BrokerUnavailableException("Redis is unavailable: " + end.reason());
        }
        throw new BrokerUnavailableException(
                state instanceof State.Unavailable unavailable
                        ? "Redis is unavailable: " + unavailable.reason()
                        : "the broker is closed");
    }

    /** The open session; null: none. */
    @Nullable
    RedisSession sessionOrNull() {
        return state instanceof State.Connected(RedisSession session) && session.ended() == null ? session : null;
    }

    /** Sends a request on the open session: completes within the timeout with the answer or a failure of the SPI. */
    <T> CompletionStage<T> ask(Function<RedisSession, CompletionStage<T>> question) {
        try {
            return within(question.apply(session()));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(Failures.of(e));
        }
    }

    <T> CompletionStage<T> within(CompletionStage<T> stage) {
        return limit.on(stage.thenApply(x -> x).toCompletableFuture())
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(Failures.of(e)));
    }

    /** Bytes of broadcasts, to be released when they are answered. */
    AtomicLong outstanding() {
        return outstanding;
    }

    @Override
    public boolean connected() {
        return sessionOrNull() != null;
    }

    @Override
    public Optional<Instant> unavailableSince() {
        return switch (state) {
            case State.Connected(RedisSession session) ->
                Optional.ofNullable(session.ended()).map(RedisSession.End::at);
            case State.Unavailable unavailable -> Optional.of(unavailable.since());
            case State.Closed closed -> Optional.of(closed.since());
        };
    }

    @Override
    public Optional<String> refusal() {
        return refusal.reason();
    }

    @Override
    public List<String> servers() {
        return connector.lastPrimary().map(server -> server + " (primary)").stream()
                .toList();
    }

    @Override
    public long outstandingBytes() {
        return outstanding.get();
    }

    @Override
    public Optional<Duration> roundTrip() {
        return state instanceof State.Connected(RedisSession session) ? session.roundTrip() : Optional.empty();
    }

    @Override
    public void listen(Consumer<HealthEvent> listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        closing.countDown();
        CompletableFuture<Void> done = state instanceof State.Connected(RedisSession session)
                ? session.close()
                : CompletableFuture.completedFuture(null);
        thread.interrupt();
        try {
            thread.join(Duration.ofMillis(500));
            done.get(500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("a connection to Redis did not close in time", e);
        }
        state = new State.Closed(platform.clock().instant());
        connector.close();
    }

    boolean closed() {
        return closing.getCount() == 0;
    }

    /** The thread's main loop. */
    private void run() {
        int attempts = 0;
        while (!closed()) {
            try {
                RedisSession session = connect();
                attempts = 0;
                monitor(session);
            } catch (ConfigException e) {
                unavailable(Failures.reason(e));
                if (first.completeExceptionally(e)) {
                    return;
                }
            } catch (ExecutionException | TimeoutException | RuntimeException e) {
                unavailable(Failures.reason(e));
            } catch (InterruptedException e) {
                return;
            }
            try {
                closing.await(backoffMillis(attempts++), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private RedisSession connect() throws ExecutionException, TimeoutException, InterruptedException {
        RedisSession session = connector.connect();
        onSession.accept(session);
        if (closed()) {
            session.end("closed");
        }
        state = new State.Connected(session);
        if (!first.complete(session)) {
            LOGGER.info("connected to Redis again at {}", connector.address());
            notifyListeners(new HealthEvent.Connected());
            notifyListeners(new HealthEvent.PossibleLoss("reconnected"));
        }
        return session;
    }

    /** Pings both connections until the session ends, and asks the sentinels whether the server is still the primary. */
    private void monitor(RedisSession session) throws InterruptedException {
        Duration interval = connector.hasSentinels() ? SENTINEL_INTERVAL : PING_INTERVAL;
        CompletableFuture<?> written = CompletableFuture.completedFuture(null);
        CompletableFuture<?> asked = CompletableFuture.completedFuture(null);
        while (session.ended() == null) {
            long now = platform.nanoTime().getAsLong();
            session.ping();
            // Probed continuously: without a broadcast, nothing else would show that the server is full or has space
            // again.
            if (written.isDone()) {
                written = session.write(keys.probe())
                        .whenComplete((x, e) -> writeFinished(e))
                        .toCompletableFuture();
            }
            if (asked.isDone()) {
                asked = connector.checkPrimary(session).toCompletableFuture();
            }
            connector.subscribeAgain(session);
            boolean lives = awaitSignals(session, now + interval.toNanos());
            if (lives && session.silence().compareTo(MAX_SILENCE) >= 0) {
                session.end("no answer for " + MAX_SILENCE.toSeconds() + " s");
            }
        }
        RedisSession.End end = session.ended();
        unavailable(end == null ? "closed" : end.reason());
    }

    private void writeFinished(@Nullable Throwable failure) {
        String why = Failures.refusal(failure);
        if (failure == null) {
            refusal.stored();
        } else if (why != null) {
            refusal.refused(why);
        }
    }

    /** Handles signals of the session until the deadline; false: the session has ended. */
    private boolean awaitSignals(RedisSession session, long deadlineNanos) throws InterruptedException {
        while (true) {
            RedisSession.Signal signal =
                    session.signals().poll(deadlineNanos - platform.nanoTime().getAsLong(), TimeUnit.NANOSECONDS);
            switch (signal) {
                case null -> {
                    return true;
                }
                case RedisSession.Signal.Ended ended -> {
                    return false;
                }
                case RedisSession.Signal.SlotMoved moved -> {
                    connector.subscribeAgain(session);
                    onSlotMoved.run();
                }
                case RedisSession.Signal.PossibleLoss(String reason) ->
                    notifyListeners(new HealthEvent.PossibleLoss(reason));
            }
        }
    }

    private void unavailable(String reason) {
        State before = state;
        Instant since = switch (before) {
            case State.Unavailable unavailable -> unavailable.since();
            case State.Connected(RedisSession session) -> {
                RedisSession.End end = session.ended();
                yield end == null ? platform.clock().instant() : end.at();
            }
            case State.Closed closed -> closed.since();
        };
        state = new State.Unavailable(since, reason);
        if (before instanceof State.Connected && !closed()) {
            LOGGER.warn("Redis at {} is unavailable: {}", connector.address(), reason);
            notifyListeners(new HealthEvent.Unavailable(reason));
        }
    }

    private void notifyListeners(HealthEvent event) {
        for (Consumer<HealthEvent> listener : listeners) {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOGGER.error("a listener of the broker's health failed", e);
            }
        }
    }

    /** Exponential back-off with a random half, so that the nodes of a cluster do not reconnect at once. */
    private long backoffMillis(int attempts) {
        long longest = Math.min(MIN_BACKOFF.toMillis() << Math.min(attempts, 10), MAX_BACKOFF.toMillis());
        return longest / 2 + platform.random().nextLong(longest / 2 + 1);
    }
}
