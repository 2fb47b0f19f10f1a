package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import dev.carillon.broker.redis.script.Scripts.Script;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A pair of connections, one for commands and one for messages, and perhaps one that waits for replicas. The session ends when one is lost, and never reconnects: what it knows
 * of the server, above all its run id, holds for its whole life, and nothing sent on it can be repeated to a server that has restarted.
 */
final class RedisSession {
    /** Maximum number of channels in one command, so that none occupies the server for long. */
    private static final int CHANNELS_PER_COMMAND = 1_000;

    private static final int MAX_SIGNALS = 16;

    private static final Signal SLOT_MOVED = new Signal.SlotMoved();

    private static final byte[] EMPTY = {};
    private static final long PROBE_TTL_MILLIS = 60_000;

    /** Signals to the thread that monitors the session. */
    sealed interface Signal {
        record Ended() implements Signal {}

        record PossibleLoss(String reason) implements Signal {}

        /** The server does not have a slot any more. */
        record SlotMoved() implements Signal {}
    }

    record End(Instant at, String reason) {}

    private final StatefulRedisConnection<String, byte[]> commands;
    private final StatefulRedisPubSubConnection<String, byte[]> messages;
    private final @Nullable Replication replication;
    private final ServerInfo server;
    /** Whether channels belong to slots, as keys do. */
    private final boolean sharded;

    private final InstantSource clock;
    private final Script append;
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private final Heartbeat commandsHeartbeat;
    private final Heartbeat messagesHeartbeat;
    /** Tenants with an open epoch, as far as known. */
    private final Set<Tenant> openEpochs = ConcurrentHashMap.newKeySet();
    /** Channels that the server has unsubscribed although they are in use; some of those at most. */
    private final Set<String> unsubscribed = ConcurrentHashMap.newKeySet();

    /** Channels that this session leaves, with the number of calls without an answer. They may have been joined again meanwhile. */
    private final Map<String, Integer> leaving = new ConcurrentHashMap<>();

    RedisSession(
            StatefulRedisConnection<String, byte[]> commands,
            StatefulRedisPubSubConnection<String, byte[]> messages,
            @Nullable Replication replication,
            ServerInfo server,
            Platform platform) {
        this.commands = commands;
        this.messages = messages;
        this.replication = replication;
        this.server = server;
        this.sharded = server.isOfCluster();
        this.clock = platform.clock();
        this.commandsHeartbeat = new Heartbeat(platform.nanoTime());
        this.messagesHeartbeat = new Heartbeat(platform.nanoTime());
        this.append = Scripts.append(server.run(), server.evicts());
        RedisConnectionStateListener closed = new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                end("the connection was closed");
            }
        };
        List<StatefulConnection<String, byte[]>> connections = connections();
        connections.forEach(connection -> connection.addListener(closed));
        if (!connections.stream().allMatch(StatefulConnection::isOpen)) {
            end("the connection was closed");
        }
    }

    private List<StatefulConnection<String, byte[]>> connections() {
        return replication == null
                ? List.of(commands, messages)
                : List.of(commands, messages, replication.connection());
    }

    /** See {@link ServerInfo#run}. */
    String run() {
        return server.run();
    }

    ServerInfo server() {
        return server;
    }

    Script append() {
        return append;
    }

    RedisAsyncCommands<String, byte[]> commands() {
        return commands.async();
    }

    BlockingQueue<Signal> signals() {
        return signals;
    }

    /** The reason and time of the end; null while the session is open. */
    @Nullable
    End ended() {
        return end.get();
    }

    /** Ends the session, once; requests without an answer fail. */
    void end(String reason) {
        if (end.compareAndSet(null, new End(clock.instant(), reason))) {
            CompletableFuture<?>[] closing =
                    connections().stream().map(StatefulConnection::closeAsync).toArray(CompletableFuture<?>[]::new);
            CompletableFuture<Void> _ = CompletableFuture.allOf(closing).whenComplete((x, e) -> closed.complete(null));
            signals.add(new Signal.Ended());
        }
    }

    /** Notes that the tenant's epoch is open. */
    void epochOpened(Tenant tenant) {
        openEpochs.add(tenant);
    }

    /** Returns whether the epoch was noted as open. */
    boolean epochClosed(Tenant tenant) {
        return openEpochs.remove(tenant);
    }

    boolean hasOpenEpoch(Tenant tenant) {
        return openEpochs.contains(tenant);
    }

    /** Signals that events may have been missed although the connections are open. */
    void possibleLoss(String reason) {
        // More would say the same.
        if (signals.size() < MAX_SIGNALS) {
            signals.add(new Signal.PossibleLoss(reason));
        }
    }

    void listen(Subscriptions subscriptions) {
        messages.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, byte[] message) {
                messagesHeartbeat.heard();
                subscriptions.deliver(RedisSession.this, channel, message);
            }

            @Override
            public void smessage(String channel, byte[] message) {
                message(channel, message);
            }

            @Override
            public void sunsubscribed(String channel, long count) {
                if (subscriptions.has(channel) && !leaving.containsKey(channel)) {
                    unsubscribed.add(channel);
                    slotMoved();
                }
            }
        });
    }

    /** Closes all connections; completes when they are closed. */
    CompletableFuture<Void> close() {
        end("closed");
        return closed;
    }

    CompletionStage<ScriptReply> run(Script one, List<String> keys, List<byte[]> arguments) {
        Scripts.Text script = one.of(sharded);
        String[] k = keys.toArray(String[]::new);
        byte[][] a = arguments.toArray(byte[][]::new);
        return commands()
                .<List<Object>>evalsha(script.sha(), ScriptOutputType.MULTI, k, a)
                .exceptionallyCompose(e -> Failures.unwrapped(e) instanceof RedisNoScriptException
                        ? verify().thenCompose(x -> commands().eval(script.text(), ScriptOutputType.MULTI, k, a))
                        : CompletableFuture.failedStage(e))
                .whenComplete((r, e) -> {
                    commandsHeartbeat.heard();
                    endOfPrimary(e);
                })
                .thenApply(ScriptReply::new);
    }

    /** Reports an error of the server that a script returned as a part of its reply. */
    void failed(Throwable failure) {
        endOfPrimary(failure);
    }

    private void endOfPrimary(@Nullable Throwable failure) {
        if (failure != null && Failures.wrongServer(failure)) {
            end("the server is no longer a primary");
        } else if (failure != null && Failures.hasMoved(failure)) {
            // Not for ASK and TRYAGAIN, which only say that it moves.
            slotMoved();
        }
    }

    private void slotMoved() {
        if (!signals.contains(SLOT_MOVED)) {
            signals.add(SLOT_MOVED);
        }
    }

    /** Loads the scripts into the server. */
    CompletionStage<Void> load() {
        List<CompletableFuture<?>> loaded = new ArrayList<>();
        loaded.add(commands().scriptLoad(append.of(sharded).text()).toCompletableFuture());
        for (Script script : Scripts.ALL) {
            loaded.add(commands().scriptLoad(script.of(sharded).text()).toCompletableFuture());
        }
        return CompletableFuture.allOf(loaded.toArray(CompletableFuture<?>[]::new));
    }

    /** Completes when the server has confirmed all channels; their messages are delivered from then on at the latest. */
    CompletionStage<Void> subscribe(Collection<String> channels) {
        var connection = messages.async();
        // lettuce completes a subscription with its first confirmation; the answer to the ping follows the last one.
        return inChunks(channels, sharded ? connection::ssubscribe : connection::subscribe);
    }

    /** Subscribes again what the server has unsubscribed: a slot may return. As long as it has not, this fails, and is for a later call. */
    void subscribeAgain(Subscriptions subscriptions) {
        List<String> channels = List.copyOf(unsubscribed);
        if (channels.isEmpty()) {
            return;
        }
        channels.forEach(unsubscribed::remove);
        CompletionStage<Void> _ = subscriptions.subscribeAgain(this, channels).handle((any, e) -> {
            if (e != null) {
                unsubscribed.addAll(channels);
            } else if (Boolean.TRUE.equals(any)) {
                possibleLoss("a slot has returned");
            }
            return null;
        });
    }

    CompletionStage<Void> unsubscribe(Collection<String> channels) {
        var connection = messages.async();
        if (!sharded) {
            return inChunks(channels, connection::unsubscribe);
        }
        channels.forEach(channel -> leaving.merge(channel, 1, Integer::sum));
        return inChunks(channels, connection::sunsubscribe)
                .whenComplete((x, e) -> channels.forEach(
                        channel -> leaving.computeIfPresent(channel, (c, calls) -> calls == 1 ? null : calls - 1)));
    }

    private CompletionStage<Void> inChunks(
            Collection<String> channels, Function<String[], ? extends CompletionStage<Void>> command) {
        List<CompletableFuture<?>> confirmed = new ArrayList<>();
        // One command may only name channels of one slot.
        Collection<List<String>> groups = sharded
                ? channels.stream()
                        .collect(Collectors.groupingBy(SlotHash::getSlot))
                        .values()
                : List.of(List.copyOf(channels));
        for (List<String> group : groups) {
            for (String[] some : chunks(group)) {
                confirmed.add(command.apply(some).toCompletableFuture());
            }
        }
        confirmed.add(messages.async().ping().toCompletableFuture());
        return CompletableFuture.allOf(confirmed.toArray(CompletableFuture<?>[]::new));
    }

    boolean waitsForReplicas() {
        return replication != null;
    }

    /**
     * Completes when as many replicas as {@code redis-replicas} have everything that the server did before. Otherwise the outcome of a write
     * is unknown: a fail-over may lose it.
     */
    CompletionStage<Void> replicated() {
        if (replication == null) {
            return CompletableFuture.completedStage(null);
        }
        return replication.confirm().exceptionallyCompose(e -> {
            endOfPrimary(e);
            return CompletableFuture.failedStage(
                    Failures.unwrapped(e) instanceof Replication.MissingReplicasException missing
                            ? missing
                            : Failures.outcomeUnknown(e));
        });
    }

    /** Sends a ping on the connections for commands and messages. */
    void ping() {
        commandsHeartbeat.ping(commands());
        messagesHeartbeat.ping(messages.async());
    }

    /** Writes an expiring value: completes when the server and its replicas have stored it, fails if it refuses writes. */
    CompletionStage<Void> write(String key) {
        return commands()
                .set(key, EMPTY, SetArgs.Builder.px(PROBE_TTL_MILLIS))
                .whenComplete((x, e) -> endOfPrimary(e))
                .thenCompose(x -> replicated());
    }

    /** Last round trip on the connection for commands. */
    Optional<Duration> roundTrip() {
        return commandsHeartbeat.roundTrip();
    }

    /** Time without a message on a connection that owes an answer. */
    Duration silence() {
        long silence = Math.max(commandsHeartbeat.silenceNanos(), messagesHeartbeat.silenceNanos());
        return Duration.ofNanos(replication == null ? silence : Math.max(silence, replication.silenceNanos()));
    }

    /** A server without the scripts may be a different one behind a proxy: then nothing known of it holds. */
    private CompletionStage<Void> verify() {
        return commands().info("server").thenCompose(info -> {
            if (new ServerInfo(info).sameProcess(server)) {
                return CompletableFuture.completedStage(null);
            }
            end("a different server answered");
            return CompletableFuture.failedStage(new BrokerUnavailableException("a different Redis server answered"));
        });
    }

    private static List<String[]> chunks(List<String> all) {
        List<String[]> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += CHANNELS_PER_COMMAND) {
            int to = Math.min(from + CHANNELS_PER_COMMAND, all.size());
            chunks.add(all.subList(from, to).toArray(String[]::new));
        }
        return chunks;
    }
}
