package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.WriteRefusal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a session with the server. One virtual thread does all of it in turn: connect, attend the session until it ends, wait
 * a little, connect again. It alone tells the listeners of health.
 */
final class RedisLink implements Health, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(RedisLink.class);

    private static final Duration PING_EVERY = Duration.ofSeconds(2);
    /** A peer that is silent for so long is gone; with the wait for the next ping it is noticed within 6 s. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final Duration FIRST_DELAY = Duration.ofMillis(20);
    private static final Duration LONGEST_DELAY = Duration.ofMillis(300);

    private sealed interface State {
        record Up(Session session) implements State {}

        record Away(Instant since, String reason) implements State {}

        record Closed(Instant since) implements State {}
    }

    private final Connector connector;
    private final Keys keys;
    private final BrokerOptions options;
    private final Consumer<Session> onSession;
    private final List<Consumer<HealthEvent>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong outstanding = new AtomicLong();
    private final CompletableFuture<Session> first = new CompletableFuture<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private final WriteRefusal refusal;
    private final Platform platform;
    private final TimeLimit limit;
    private volatile State state;

    /** @param onSession is given each new session before it is used, on the link's thread; may block */
    RedisLink(Connector connector, Keys keys, BrokerOptions options, Consumer<Session> onSession, Platform platform) {
        this.connector = connector;
        this.keys = keys;
        this.options = options;
        this.onSession = onSession;
        this.refusal = new WriteRefusal(connector.address());
        this.platform = platform;
        this.limit = new TimeLimit(options.timeout(), platform.timer());
        this.state = new State.Away(platform.clock().instant(), "not connected yet");
        this.thread = platform.threads().blocking("carillon-redis-link", this::keep);
    }

    /**
     * Blocks until the first session is there.
     *
     * @throws BrokerUnavailableException when there is none within the start timeout
     * @throws ConfigException when there can be none
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
            String reason = state instanceof State.Away away ? away.reason() : "closed";
            throw new BrokerUnavailableException("no Redis answers at " + connector.address() + " within "
                    + options.startTimeout().toMillis() + " ms (" + reason
                    + "): check that it runs, that host and port are right, and that no firewall is between");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerUnavailableException("interrupted while connecting to Redis", e);
        }
    }

    /** @throws BrokerUnavailableException at once when there is no session */
    Session session() {
        if (state instanceof State.Up(Session session)) {
            Session.End end = session.ended();
            if (end == null) {
                return session;
            }
            throw new BrokerUnavailableException("Redis is away: " + end.reason());
        }
        throw new BrokerUnavailableException(
                state instanceof State.Away away ? "Redis is away: " + away.reason() : "the broker is closed");
    }

    /** The session of now; null: there is none. */
    @Nullable
    Session sessionOrNull() {
        return state instanceof State.Up(Session session) && session.ended() == null ? session : null;
    }

    /** Asks on the session of now: the answer, or a failure that callers know, within the timeout. */
    <T> CompletionStage<T> ask(Function<Session, CompletionStage<T>> question) {
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

    /** Bytes of broadcasts; to be taken back when they are answered. */
    AtomicLong outstanding() {
        return outstanding;
    }

    @Override
    public boolean connected() {
        return sessionOrNull() != null;
    }

    @Override
    public Optional<Instant> awaySince() {
        return switch (state) {
            case State.Up(Session session) ->
                Optional.ofNullable(session.ended()).map(Session.End::at);
            case State.Away away -> Optional.of(away.since());
            case State.Closed closed -> Optional.of(closed.since());
        };
    }

    @Override
    public Optional<String> refusal() {
        return refusal.reason();
    }

    @Override
    public long outstandingBytes() {
        return outstanding.get();
    }

    @Override
    public Optional<Duration> roundTrip() {
        return state instanceof State.Up(Session session) ? session.roundTrip() : Optional.empty();
    }

    @Override
    public void listen(Consumer<HealthEvent> listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        closing.countDown();
        CompletableFuture<Void> done =
                state instanceof State.Up(Session session) ? session.close() : CompletableFuture.completedFuture(null);
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

    /** The thread's work. */
    private void keep() {
        int attempts = 0;
        while (!closed()) {
            try {
                Session session = connect();
                attempts = 0;
                attend(session);
            } catch (ConfigException e) {
                away(Failures.reason(e));
                if (first.completeExceptionally(e)) {
                    return;
                }
            } catch (ExecutionException | TimeoutException | RuntimeException e) {
                away(Failures.reason(e));
            } catch (InterruptedException e) {
                return;
            }
            try {
                closing.await(delayMillis(attempts++), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private Session connect() throws ExecutionException, TimeoutException, InterruptedException {
        Session session = connector.connect();
        onSession.accept(session);
        if (closed()) {
            session.end("closed");
        }
        state = new State.Up(session);
        if (!first.complete(session)) {
            LOGGER.info("connected to Redis again at {}", connector.address());
            tell(new HealthEvent.Back());
            tell(new HealthEvent.Doubt("connected again"));
        }
        return session;
    }

    /** Pings both connections until the session ends. */
    private void attend(Session session) throws InterruptedException {
        CompletableFuture<?> written = CompletableFuture.completedFuture(null);
        while (session.ended() == null) {
            long now = platform.nanoTime().getAsLong();
            session.ping();
            // Asked all the time: without a broadcast nothing else would show that the server is full, or is not any
            // more.
            if (written.isDone()) {
                written = session.write(keys.probe())
                        .whenComplete((x, e) -> note(e))
                        .toCompletableFuture();
            }
            boolean lives = waitOut(session, now + PING_EVERY.toNanos());
            if (lives && session.silence().compareTo(PATIENCE) >= 0) {
                session.end("no answer for " + PATIENCE.toSeconds() + " s");
            }
        }
        Session.End end = session.ended();
        away(end == null ? "closed" : end.reason());
    }

    private void note(@Nullable Throwable failure) {
        String why = Failures.refusal(failure);
        if (failure == null) {
            refusal.stored();
        } else if (why != null) {
            refusal.refused(why);
        }
    }

    /** Tells what the session signals until then; false: it ended before. */
    private boolean waitOut(Session session, long deadlineNanos) throws InterruptedException {
        while (true) {
            Session.Signal signal =
                    session.signals().poll(deadlineNanos - platform.nanoTime().getAsLong(), TimeUnit.NANOSECONDS);
            switch (signal) {
                case null -> {
                    return true;
                }
                case Session.Signal.Ended ended -> {
                    return false;
                }
                case Session.Signal.Doubted(String reason) -> tell(new HealthEvent.Doubt(reason));
            }
        }
    }

    private void away(String reason) {
        State before = state;
        Instant since = switch (before) {
            case State.Away away -> away.since();
            case State.Up(Session session) -> {
                Session.End end = session.ended();
                yield end == null ? platform.clock().instant() : end.at();
            }
            case State.Closed closed -> closed.since();
        };
        state = new State.Away(since, reason);
        if (before instanceof State.Up && !closed()) {
            LOGGER.warn("Redis at {} is away: {}", connector.address(), reason);
            tell(new HealthEvent.Away(reason));
        }
    }

    private void tell(HealthEvent event) {
        for (Consumer<HealthEvent> listener : listeners) {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOGGER.error("a listener of the broker's health failed", e);
            }
        }
    }

    /** Exponential, with half of it at random, so that the nodes of a cluster do not come all at once. */
    private long delayMillis(int attempts) {
        long longest = Math.min(FIRST_DELAY.toMillis() << Math.min(attempts, 10), LONGEST_DELAY.toMillis());
        return longest / 2 + platform.random().nextLong(longest / 2 + 1);
    }
}
