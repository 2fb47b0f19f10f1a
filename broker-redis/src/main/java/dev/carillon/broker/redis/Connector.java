package dev.carillon.broker.redis;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.edge.VerifiedTls;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens sessions: connects, checks the server, loads the scripts and restores the subscriptions. */
final class Connector implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Connector.class);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    /** One that does not answer in this time is left out; shorter than a fail-over, which would else take longer. */
    private static final Duration SENTINEL_TIMEOUT = Duration.ofMillis(500);
    /** Slightly longer than connecting may take. */
    private static final Duration CLOSE_TIMEOUT = CONNECT_TIMEOUT.plusMillis(500);
    /** Fallback limit; the bytes of broadcasts have a limit of their own. */
    private static final int MAX_WAITING_COMMANDS = 500_000;

    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    private final RedisAddress address;
    private final Keys keys;
    private final Subscriptions subscriptions;
    private final BrokerOptions options;
    private final Platform platform;
    private final RedisClient client;
    /** Null: the address is that of the server. */
    private final @Nullable Sentinels sentinels;
    /** The primary of the last session. */
    private volatile Sentinels.@Nullable Primary primary;
    // Below: guarded by this.
    /** The connection attempt that started last. */
    private CompletableFuture<?> opening = CompletableFuture.completedFuture(null);

    private boolean closed;

    /** @param resources of the client library; to be closed later than this */
    Connector(
            RedisAddress address,
            Keys keys,
            Subscriptions subscriptions,
            BrokerOptions options,
            ClientResources resources,
            Platform platform) {
        this.address = address;
        this.keys = keys;
        this.subscriptions = subscriptions;
        this.options = options;
        this.platform = platform;
        address.uri().setTimeout(CONNECT_TIMEOUT);
        address.uri().getSentinels().forEach(sentinel -> sentinel.setTimeout(CONNECT_TIMEOUT));
        client = RedisClient.create(resources);
        client.setOptions(ClientOptions.builder()
                // A session ends with its connections; reconnecting, lettuce would also repeat commands without an
                // answer.
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(MAX_WAITING_COMMANDS)
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(CONNECT_TIMEOUT)
                        .tcpNoDelay(true)
                        .keepAlive(true)
                        .build())
                .build());
        sentinels = address.hasSentinels()
                ? new Sentinels(client, address.uri(), new TimeLimit(SENTINEL_TIMEOUT, platform.timer()))
                : null;
    }

    /** The address without its secrets. */
    String address() {
        return address.shown();
    }

    /** The primary that the sentinels named last; empty: there are no sentinels, or they have not answered. */
    Optional<String> lastPrimary() {
        return Optional.ofNullable(primary).map(found -> found.host() + ":" + found.port());
    }

    /**
     * Opens a session with everything checked and all subscriptions restored; blocks for a few seconds at most.
     *
     * @throws ConfigException when the server can never be used, or refuses the user
     * @throws ExecutionException when it cannot be used now
     * @throws TimeoutException when it does not answer
     */
    RedisSession connect() throws ExecutionException, TimeoutException, InterruptedException {
        List<StatefulConnection<?, ?>> opened = new ArrayList<>();
        RedisSession session = null;
        boolean ready = false;
        try {
            RedisURI uri = find();
            var commands = open(() -> client.connectAsync(CODEC, uri), opened);
            ServerInfo server = new ServerInfo(
                    get(commands.async().info()), address.hasSentinels() || address.isCluster(), address.isCluster());
            server.check(address());
            var messages = open(() -> client.connectPubSubAsync(CODEC, uri), opened);
            requireSame(server, messages.async().info("server"));
            session = new RedisSession(commands, messages, replication(uri, server, opened), server, platform);
            session.listen(subscriptions);
            get(session.load());
            get(Permissions.check(session, keys, address()));
            get(subscriptions.restore(session));
            ready = true;
            return session;
        } catch (ExecutionException e) {
            if (Failures.unwrapped(e) instanceof ConfigException config) {
                throw config;
            }
            String certificate = VerifiedTls.refusal(e);
            if (certificate != null) {
                throw new ConfigException(
                        "broker", address(), "the certificate of the server is refused: " + certificate);
            }
            if (Failures.refusedLogin(e)) {
                throw new ConfigException("broker", address(), Failures.loginRefusal(e));
            }
            throw e;
        } finally {
            if (!ready && session != null) {
                session.end("opening failed");
            } else if (!ready) {
                for (StatefulConnection<?, ?> connection : opened) {
                    CompletableFuture<Void> _ = connection.closeAsync();
                }
            }
        }
    }

    private RedisURI find() throws ExecutionException, TimeoutException, InterruptedException {
        if (sentinels == null) {
            return address.uri();
        }
        Sentinels.Primary found = get(sentinels.primary());
        primary = found;
        return sentinels.uri(found);
    }

    /** A connection to wait for replicas; null: none is waited for. */
    private @Nullable Replication replication(RedisURI uri, ServerInfo server, List<StatefulConnection<?, ?>> opened)
            throws ExecutionException, TimeoutException, InterruptedException {
        int replicas = options.redis().replicas();
        if (replicas == 0) {
            return null;
        }
        var connection = open(() -> client.connectAsync(CODEC, uri), opened);
        requireSame(server, connection.async().info("server"));
        Replication replication =
                new Replication(connection, keys::probe, replicas, options.timeout(), platform.nanoTime());
        get(replication.permitted());
        return replication;
    }

    private static void requireSame(ServerInfo server, CompletionStage<String> info)
            throws ExecutionException, TimeoutException, InterruptedException {
        if (!new ServerInfo(get(info)).sameProcess(server)) {
            throw new TimeoutException("the connections lead to different servers");
        }
    }

    boolean hasSentinels() {
        return sentinels != null;
    }

    /**
     * Ends the session if the sentinels name another primary: the former one may be cut off from them, and not know. Completes when they have
     * answered; never fails.
     */
    CompletionStage<Void> checkPrimary(RedisSession session) {
        if (sentinels == null) {
            return CompletableFuture.completedStage(null);
        }
        return sentinels.primary().handle((found, e) -> {
            Sentinels.Primary before = primary;
            if (found != null && before != null && before.isReplacedBy(found)) {
                session.end("the sentinels name another primary");
            }
            return null;
        });
    }

    /** See {@link RedisSession#subscribeAgain}. */
    void subscribeAgain(RedisSession session) {
        session.subscribeAgain(subscriptions);
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        try {
            // netty logs a stack trace if a connection opens or closes after its event threads have stopped. Twice,
            // because a
            // connection that opened too late is closed again.
            opening().handle((x, e) -> null).get(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            opening().handle((x, e) -> null).get(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("a connection to Redis was still opening", e);
        }
        try {
            if (sentinels != null) {
                sentinels.close().get(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("a connection to a sentinel was still opening", e);
        }
        client.shutdown(0, 1, TimeUnit.SECONDS);
    }

    private synchronized CompletableFuture<?> opening() {
        return opening;
    }

    private <C extends StatefulConnection<?, ?>> C open(
            Supplier<ConnectionFuture<C>> connection, List<StatefulConnection<?, ?>> opened)
            throws ExecutionException, TimeoutException, InterruptedException {
        ConnectionFuture<C> begun;
        synchronized (this) {
            if (closed) {
                throw new ExecutionException(new IllegalStateException("the broker is closed"));
            }
            begun = connection.get();
            opening = begun.toCompletableFuture();
        }
        try {
            C open = get(begun);
            opened.add(open);
            return open;
        } catch (TimeoutException | InterruptedException e) {
            // No caller waits for it any more if it opens after all.
            CompletableFuture<?> ending =
                    begun.thenCompose(StatefulConnection::closeAsync).toCompletableFuture();
            synchronized (this) {
                opening = ending;
            }
            throw e;
        }
    }

    private static <T> T get(CompletionStage<T> stage)
            throws ExecutionException, TimeoutException, InterruptedException {
        return stage.toCompletableFuture().get(CONNECT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
