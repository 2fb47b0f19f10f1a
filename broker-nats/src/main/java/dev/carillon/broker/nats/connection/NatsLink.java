package dev.carillon.broker.nats.connection;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.edge.VerifiedTls;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Consumer;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.ServerInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a session with the server: opens the first, asks every {@value #BEAT_MILLIS} ms whether it answers, and opens the next
 * when one has ended, with back-off and jitter and without end. One virtual thread does it.
 */
public final class NatsLink<S extends NatsSession> implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsLink.class);
    private static final String OLDEST_VERSION = "2.10.0";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    public static final long BEAT_MILLIS = 2_000;
    private static final int MISSED_BEATS = 2;
    private static final int MIN_PAUSE_MILLIS = 20;
    private static final int MAX_PAUSE_MILLIS = 300;

    /** What a session is made for. Called by the link's thread. */
    public interface Users<S extends NatsSession> {
        /** Makes the dispatchers, subscribes everything that was joined before, and gives the session. */
        S attach(Connection connection);

        /** Checks what must be checked before the session is used; blocks. */
        void prepare(S session);

        /** A moment for what must be done now and then; must not block. */
        void beat(S session, NatsClock clock);
    }

    private final NatsAddress address;
    private final BrokerOptions options;
    private final NatsHealth health;
    private final Users<S> users;
    private final Platform platform;
    private final NatsClock clock;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable S current;

    public NatsLink(NatsAddress address, BrokerOptions options, NatsHealth health, Users<S> users, Platform platform) {
        this.address = address;
        this.options = options;
        this.health = health;
        this.users = users;
        this.platform = platform;
        this.clock = new NatsClock(platform);
    }

    public NatsClock clock() {
        return clock;
    }

    /**
     * The session to ask on.
     *
     * @throws BrokerUnavailableException when there is none
     */
    public S session() {
        S session = current;
        if (session != null && session.alive()) {
            return session;
        }
        throw new BrokerUnavailableException(isClosed() ? "the broker is closed" : "there is no connection to NATS");
    }

    public boolean isClosed() {
        return closed.getCount() == 0;
    }

    /** Opens the first session; blocks for up to the time for the start. */
    public void start() {
        long endNanos = platform.nanoTime().getAsLong() + options.startTimeout().toNanos();
        while (true) {
            try {
                S session = open(until(endNanos));
                current = session;
                health.connectedFirst();
                platform.threads()
                        .blocking("carillon-nats-link", () -> keep(session))
                        .start();
                return;
            } catch (AuthenticationException e) {
                throw new ConfigException("broker", address, "the server refuses this user and password");
            } catch (IOException | BrokerUnavailableException e) {
                if (until(endNanos).toMillis() < MAX_PAUSE_MILLIS) {
                    throw new BrokerUnavailableException(unusable(e), e);
                }
                pause();
            }
        }
    }

    private Duration until(long nanos) {
        return Duration.ofNanos(nanos - platform.nanoTime().getAsLong());
    }

    private String unusable(Exception e) {
        return e instanceof IOException
                ? "no NATS server answers at " + address
                        + ": check the address, that nats-server runs, and that nothing on the way refuses the port"
                : "the NATS server at " + address + " answers, but cannot be used: " + e.getMessage();
    }

    private void keep(S first) {
        S session = first;
        while (!isClosed()) {
            watch(session);
            String reason = session.ended().getNow("");
            current = null;
            if (isClosed()) {
                return;
            }
            health.away(reason);
            LOGGER.atWarn()
                    .addKeyValue("server", address)
                    .addKeyValue("reason", reason)
                    .log("lost the connection to NATS");
            S next = reopen();
            if (next == null) {
                return;
            }
            session = next;
        }
    }

    private @Nullable S reopen() {
        boolean told = false;
        while (!isClosed()) {
            pause();
            try {
                S session = open(CONNECT_TIMEOUT);
                current = session;
                if (isClosed()) {
                    session.end("closed");
                    return null;
                }
                LOGGER.atInfo().addKeyValue("server", address).log("connected to NATS again");
                health.back();
                return session;
            } catch (IOException | RuntimeException e) {
                if (!told) {
                    told = true;
                    LOGGER.atWarn()
                            .addKeyValue("server", address)
                            .addKeyValue("reason", e.getMessage())
                            .log("no connection to NATS yet; trying on");
                }
            }
        }
        return null;
    }

    /** Returns when the session has ended. */
    private void watch(S session) {
        int missed = 0;
        while (session.alive()) {
            try {
                // Behind many events an answer may be late: a connection on which something comes is no black hole.
                long before = session.connection().getStatistics().getInBytes();
                boolean heard = clock.measure(session, health)
                        || session.connection().getStatistics().getInBytes() != before;
                missed = heard ? 0 : missed + 1;
                if (missed == MISSED_BEATS) {
                    session.end("nobody answers");
                    return;
                }
                users.beat(session, clock);
            } catch (RuntimeException e) {
                LOGGER.error("a beat of the link to NATS failed", e);
            }
            try {
                String _ = session.ended().get(missed == 0 ? BEAT_MILLIS : 1, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // It lives: the next beat.
            } catch (InterruptedException | ExecutionException e) {
                session.end("interrupted");
            }
        }
    }

    private S open(Duration within) throws IOException {
        CompletableFuture<String> lost = new CompletableFuture<>();
        Errors errors = new Errors();
        Connection connection = connect(within, lost, errors);
        S session = null;
        try {
            checkServer(connection.getServerInfo());
            S made = users.attach(connection);
            session = made;
            var _ = lost.thenAccept(made::end);
            users.prepare(made);
            made.api().await(made.confirm());
            if (!made.alive()) {
                throw new BrokerUnavailableException("the connection to NATS was lost at once");
            }
            return made;
        } catch (RuntimeException e) {
            if (session != null) {
                session.end("not opened");
            } else {
                closeQuietly(connection);
            }
            if (e instanceof ConfigException) {
                throw e;
            }
            String hopeless = Failures.hopeless(e, errors.reported());
            throw hopeless == null ? Failures.told(e) : new ConfigException("broker", address, hopeless);
        }
    }

    private Connection connect(Duration within, CompletableFuture<String> lost, Errors errors) throws IOException {
        Duration limit = within.compareTo(CONNECT_TIMEOUT) < 0 ? within : CONNECT_TIMEOUT;
        Options.Builder builder = new Options.Builder()
                .connectionName("carillon " + options.nodeId())
                .noReconnect()
                .reconnectBufferSize(0)
                .connectionTimeout(limit.isPositive() ? limit : Duration.ofMillis(1))
                // Only should our own beat fail: it counts pings whatever else comes, and late pongs as lost ones.
                .pingInterval(Duration.ofMillis(5 * BEAT_MILLIS))
                .maxPingsOut(2)
                .reportNoResponders()
                .dontForceFlushOnRequest()
                .requestCleanupInterval(Duration.ofSeconds(1))
                .connectionListener((c, event) -> ended(event, lost, errors))
                .errorListener(errors);
        address.applyTo(builder);
        try {
            return Nats.connect(builder.build());
        } catch (IOException e) {
            String refusal = errors.certificate();
            if (refusal != null) {
                throw new ConfigException("broker", address, "the certificate of the server is refused: " + refusal);
            }
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerUnavailableException("interrupted", e);
        }
    }

    private void checkServer(ServerInfo server) {
        if (!server.isSameOrNewerThanVersion(OLDEST_VERSION)) {
            throw new ConfigException(
                    "broker",
                    address,
                    "nats-server " + server.getVersion()
                            + " reorders events: it must be 2.10 or newer (Debian 12 packages an older one)");
        }
        if (!server.isJetStreamAvailable()) {
            throw new ConfigException(
                    "broker", address, "the server has no JetStream: start nats-server with -js or a jetstream block");
        }
    }

    private void ended(ConnectionListener.Events event, CompletableFuture<String> lost, Errors errors) {
        if (event == ConnectionListener.Events.DISCONNECTED || event == ConnectionListener.Events.CLOSED) {
            lost.complete("disconnected" + errors.last());
        }
    }

    private void pause() {
        int millis = platform.random().nextInt(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS);
        try {
            boolean _ = closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerUnavailableException("interrupted", e);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        S session = current;
        if (session != null) {
            session.end("closed");
        }
        health.away("closed");
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Errors implements ErrorListener {
        private volatile String last = "";
        private volatile String reported = "";
        private volatile @Nullable String certificate;

        /** Why the server's certificate was refused; null: it was not. */
        @Nullable
        String certificate() {
            return certificate;
        }

        /** The last error that the server reported. */
        String reported() {
            return reported;
        }

        /** What the last exception was, to tell with the end of the connection. */
        String last() {
            return last;
        }

        /** Messages are being dropped, and the connection stays: nothing else would tell. */
        @Override
        public void slowConsumerDetected(Connection connection, Consumer consumer) {
            LOGGER.atWarn()
                    .addKeyValue("server", address)
                    .log("events came faster than they were taken; some were dropped");
            health.doubt("events were dropped: they came faster than they were taken");
        }

        @Override
        public void errorOccurred(Connection connection, String error) {
            reported = error;
            LOGGER.atWarn()
                    .addKeyValue("server", address)
                    .addKeyValue("error", error)
                    .log("NATS reported an error");
        }

        @Override
        public void exceptionOccurred(Connection connection, Exception e) {
            last = ": " + e;
            String refusal = VerifiedTls.refusal(e);
            if (refusal != null) {
                certificate = refusal;
            }
            LOGGER.debug("exception in the connection to NATS", e);
        }
    }
}
