package dev.carillon.broker.nats.connection;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a session with the server open: opens the first one, sends a heartbeat every {@value #HEARTBEAT_MILLIS} ms, and opens the next
 * one after a session has ended, with back-off and jitter and without a limit of attempts. A single virtual thread does this.
 *
 * @param <S> type of the sessions
 */
public final class NatsLink<S extends NatsSession> implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsLink.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    public static final long HEARTBEAT_MILLIS = 2_000;
    private static final int MAX_MISSED_HEARTBEATS = 2;
    /** Of a cluster whose server answers: its streams may be electing leaders, which takes up to 9 s. */
    private static final int MAX_MISSED_HEARTBEATS_ELECTING = 6;

    private static final int MIN_BACKOFF_MILLIS = 20;
    private static final int MAX_BACKOFF_MILLIS = 300;

    /** Prepares sessions. Called on the link's thread. */
    public interface SessionHandler<S extends NatsSession> {
        /** Creates the dispatchers, restores all subscriptions, and returns the session. */
        S attach(Connection connection);

        /** Checks the server before the session is used; blocks. */
        void prepare(S session);

        /** Runs periodic work; must not block. */
        void heartbeat(S session, NatsClock clock);
    }

    private final NatsAddress address;
    private final BrokerOptions options;
    private final NatsHealth health;
    private final SessionHandler<S> handler;
    private final Platform platform;
    private final NatsClock clock;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable S current;
    /** Server of the last session; the link's thread only. */
    private NatsAddress.@Nullable Server last;

    private final ServerConnector connector;

    /** @throws ConfigException for a file of the options that cannot be used */
    public NatsLink(
            NatsAddress address,
            BrokerOptions options,
            NatsHealth health,
            SessionHandler<S> handler,
            Platform platform) {
        this.address = address;
        this.options = options;
        this.health = health;
        this.handler = handler;
        this.platform = platform;
        this.clock = new NatsClock(platform);
        this.connector = new ServerConnector(address, options, health);
    }

    public NatsClock clock() {
        return clock;
    }

    /**
     * The open session.
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

    /** Opens the first session; blocks for up to the start timeout. */
    public void start() {
        connector.checkFiles();
        long endNanos = platform.nanoTime().getAsLong() + options.startTimeout().toNanos();
        while (true) {
            try {
                S session = open(remaining(endNanos));
                current = session;
                health.firstConnected();
                platform.threads()
                        .blocking("carillon-nats-link", () -> run(session))
                        .start();
                return;
            } catch (AuthenticationException e) {
                throw new ConfigException("broker", address, connector.loginRefusal());
            } catch (IOException | BrokerUnavailableException e) {
                if (remaining(endNanos).toMillis() < MAX_BACKOFF_MILLIS) {
                    throw new BrokerUnavailableException(startFailure(e), e);
                }
                backOff();
            }
        }
    }

    private Duration remaining(long nanos) {
        return Duration.ofNanos(nanos - platform.nanoTime().getAsLong());
    }

    private String startFailure(Exception e) {
        return e instanceof IOException
                ? "no NATS server answers at " + address
                        + ": check the address, that nats-server runs, and that no firewall blocks the port"
                : "the NATS server at " + address + " answers, but cannot be used: " + e.getMessage();
    }

    private void run(S first) {
        S session = first;
        while (!isClosed()) {
            monitor(session);
            String reason = session.ended().getNow("");
            current = null;
            if (isClosed()) {
                return;
            }
            health.unavailable(reason);
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
        boolean logged = false;
        while (!isClosed()) {
            backOff();
            try {
                S session = open(CONNECT_TIMEOUT);
                current = session;
                if (isClosed()) {
                    session.end("closed");
                    return null;
                }
                LOGGER.atInfo().addKeyValue("server", address).log("connected to NATS again");
                health.reconnected();
                return session;
            } catch (IOException | RuntimeException e) {
                if (!logged) {
                    logged = true;
                    LOGGER.atWarn()
                            .addKeyValue("server", address)
                            .addKeyValue("reason", e.getMessage())
                            .log("reconnecting to NATS failed; will retry");
                }
            }
        }
        return null;
    }

    /** Sends heartbeats until the session has ended. */
    private void monitor(S session) {
        int missedHeartbeats = 0;
        boolean electing = false;
        while (session.alive()) {
            try {
                // An answer may be delayed by many events: a connection that still receives bytes is alive.
                long before = session.connection().getStatistics().getInBytes();
                boolean heard = clock.measure(session, health)
                        || session.connection().getStatistics().getInBytes() != before;
                missedHeartbeats = heard ? 0 : missedHeartbeats + 1;
                electing = !heard && isElecting(session);
                if (missedHeartbeats >= (electing ? MAX_MISSED_HEARTBEATS_ELECTING : MAX_MISSED_HEARTBEATS)) {
                    session.end("the server does not answer");
                    return;
                }
                handler.heartbeat(session, clock);
            } catch (RuntimeException e) {
                LOGGER.error("a heartbeat to NATS failed", e);
            }
            try {
                String _ = session.ended()
                        .get(missedHeartbeats == 0 || electing ? HEARTBEAT_MILLIS : 1, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                // The session is open: send the next heartbeat.
            } catch (InterruptedException | ExecutionException e) {
                session.end("interrupted");
            }
        }
    }

    /** Whether the server of a cluster answers, although the streams do not; blocks. */
    private boolean isElecting(S session) {
        if (options.nats().replicas() == 1) {
            return false;
        }
        try {
            return session.api().await(session.confirm());
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** Opens a session with one of the servers, the last one after the others. */
    private S open(Duration within) throws IOException {
        List<NatsAddress.Server> order = new ArrayList<>(address.servers());
        Collections.shuffle(order, platform.random());
        order.sort(Comparator.comparing(server -> server.equals(last)));
        Exception reported = null;
        for (NatsAddress.Server server : order) {
            try {
                S session = open(server, within);
                last = server;
                return session;
            } catch (IOException | RuntimeException e) {
                if (reported == null || weight(e) >= weight(reported)) {
                    reported = e;
                }
            }
            if (isClosed()) {
                break;
            }
        }
        if (reported instanceof IOException e) {
            throw e;
        }
        throw reported instanceof RuntimeException e ? e : new BrokerUnavailableException("no server");
    }

    /** Of several failures the one with the greatest weight is reported: a server that answers says more than one that does not. */
    private static int weight(Exception e) {
        return switch (e) {
            case ConfigException _ -> 3;
            case AuthenticationException _ -> 2;
            case RuntimeException _ -> 1;
            default -> 0;
        };
    }

    private S open(NatsAddress.Server server, Duration within) throws IOException {
        ServerConnector.Opened opened = connector.connect(server, within);
        Connection connection = opened.connection();
        S session = null;
        try {
            connector.check(connection.getServerInfo());
            S made = handler.attach(connection);
            session = made;
            var _ = opened.lost().thenAccept(made::end);
            handler.prepare(made);
            made.api().await(made.confirm());
            if (!made.alive()) {
                throw new BrokerUnavailableException("the connection to NATS was lost while it was opened");
            }
            return made;
        } catch (RuntimeException e) {
            if (session != null) {
                session.end("opening failed");
            } else {
                closeQuietly(connection);
            }
            if (e instanceof ConfigException) {
                throw e;
            }
            String configurationError = Failures.configurationError(
                    e, opened.errors().reported(), options.nats().replicas() > 1);
            throw configurationError == null
                    ? Failures.toBrokerFailure(e)
                    : new ConfigException("broker", address, configurationError);
        }
    }

    private void backOff() {
        int millis = platform.random().nextInt(MIN_BACKOFF_MILLIS, MAX_BACKOFF_MILLIS);
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
        health.unavailable("closed");
    }

    private static void closeQuietly(Connection connection) {
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
