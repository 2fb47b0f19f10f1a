package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.redis.Scripts.Script;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One life of the two connections, one for commands and one for messages. It ends when either breaks and never connects again:
 * what it knows of the server, its run above all, therefore holds as long as it lives, and nothing that was sent on it can be
 * sent once more to a server that has begun anew.
 */
final class Session {
    /** How many channels one command may name, so that none keeps the server long. */
    private static final int CHANNELS_AT_ONCE = 1_000;

    private static final byte[] NOTHING = {};
    private static final long WRITTEN_MILLIS = 60_000;

    /** What the thread that attends the session is told. */
    sealed interface Signal {
        record Ended() implements Signal {}

        record Doubted(String reason) implements Signal {}
    }

    record End(Instant at, String reason) {}

    private final StatefulRedisConnection<String, byte[]> commands;
    private final StatefulRedisPubSubConnection<String, byte[]> messages;
    private final ServerInfo server;
    private final InstantSource clock;
    private final Script append;
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
    private final Pulse commandsPulse;
    private final Pulse messagesPulse;
    /** Tenants whose epoch was opened, as far as is known. */
    private final Set<Tenant> used = ConcurrentHashMap.newKeySet();

    Session(
            StatefulRedisConnection<String, byte[]> commands,
            StatefulRedisPubSubConnection<String, byte[]> messages,
            ServerInfo server,
            Platform platform) {
        this.commands = commands;
        this.messages = messages;
        this.server = server;
        this.clock = platform.clock();
        this.commandsPulse = new Pulse(platform.nanoTime());
        this.messagesPulse = new Pulse(platform.nanoTime());
        this.append = Scripts.append(server.run());
        RedisConnectionStateListener closed = new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                end("the connection was closed");
            }
        };
        commands.addListener(closed);
        messages.addListener(closed);
        if (!commands.isOpen() || !messages.isOpen()) {
            end("the connection was closed");
        }
    }

    /** Which life of the server this is. */
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

    /** Why and when this ended; null while it lives. */
    @Nullable
    End ended() {
        return end.get();
    }

    /** Ends this, once; what waits for an answer fails. */
    void end(String reason) {
        if (end.compareAndSet(null, new End(clock.instant(), reason))) {
            CompletableFuture<Void> _ = CompletableFuture.allOf(commands.closeAsync(), messages.closeAsync())
                    .whenComplete((x, e) -> closed.complete(null));
            signals.add(new Signal.Ended());
        }
    }

    /** Notes that the tenant's epoch is open. */
    void use(Tenant tenant) {
        used.add(tenant);
    }

    /** False: that was not noted. */
    boolean forget(Tenant tenant) {
        return used.remove(tenant);
    }

    boolean hasUsed(Tenant tenant) {
        return used.contains(tenant);
    }

    /** Events may have been missed although the connections live. */
    void doubt(String reason) {
        signals.add(new Signal.Doubted(reason));
    }

    void listen(Subscriptions subscriptions) {
        messages.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, byte[] message) {
                messagesPulse.heard();
                subscriptions.deliver(Session.this, channel, message);
            }
        });
    }

    /** Closes both connections; done when they are. */
    CompletableFuture<Void> close() {
        end("closed");
        return closed;
    }

    CompletionStage<Reply> run(Script script, List<String> keys, List<byte[]> arguments) {
        String[] k = keys.toArray(String[]::new);
        byte[][] a = arguments.toArray(byte[][]::new);
        return commands()
                .<List<Object>>evalsha(script.sha(), ScriptOutputType.MULTI, k, a)
                .exceptionallyCompose(e -> Failures.unwrapped(e) instanceof RedisNoScriptException
                        ? verify().thenCompose(x -> commands().eval(script.text(), ScriptOutputType.MULTI, k, a))
                        : CompletableFuture.failedStage(e))
                .whenComplete((r, e) -> {
                    commandsPulse.heard();
                    endOfPrimary(e);
                })
                .thenApply(Reply::new);
    }

    private void endOfPrimary(@Nullable Throwable failure) {
        if (failure != null && Failures.wrongServer(failure)) {
            end("the server is no longer a primary");
        }
    }

    /** Gives the server the scripts. */
    CompletionStage<Void> load() {
        List<CompletableFuture<?>> loaded = new ArrayList<>();
        loaded.add(commands().scriptLoad(append.text()).toCompletableFuture());
        for (Script script : Scripts.ALL) {
            loaded.add(commands().scriptLoad(script.text()).toCompletableFuture());
        }
        return CompletableFuture.allOf(loaded.toArray(CompletableFuture<?>[]::new));
    }

    /** Completes when the server has confirmed all; messages are handed over from then on at the latest. */
    CompletionStage<Void> subscribe(Collection<String> channels) {
        List<CompletableFuture<?>> confirmed = new ArrayList<>();
        for (String[] some : chunks(channels)) {
            confirmed.add(messages.async().subscribe(some).toCompletableFuture());
        }
        // The library calls a subscription done with the first of its confirmations; the answer to this comes after the
        // last.
        confirmed.add(messages.async().ping().toCompletableFuture());
        return CompletableFuture.allOf(confirmed.toArray(CompletableFuture<?>[]::new));
    }

    CompletionStage<Void> unsubscribe(Collection<String> channels) {
        List<CompletableFuture<?>> confirmed = new ArrayList<>();
        for (String[] some : chunks(channels)) {
            confirmed.add(messages.async().unsubscribe(some).toCompletableFuture());
        }
        confirmed.add(messages.async().ping().toCompletableFuture());
        return CompletableFuture.allOf(confirmed.toArray(CompletableFuture<?>[]::new));
    }

    /** Asks both connections for a sign of life. */
    void ping() {
        commandsPulse.ping(commands());
        messagesPulse.ping(messages.async());
    }

    /** Writes a value that ends by itself: done when the server has it, fails when it takes no writes now. */
    CompletionStage<Void> write(String key) {
        return commands()
                .set(key, NOTHING, SetArgs.Builder.px(WRITTEN_MILLIS))
                .whenComplete((x, e) -> endOfPrimary(e))
                .thenAccept(x -> {});
    }

    /** The last on the connection for commands. */
    Optional<Duration> roundTrip() {
        return commandsPulse.roundTrip();
    }

    /** For how long nothing was heard on a connection that owes an answer. */
    Duration silence() {
        return Duration.ofNanos(Math.max(commandsPulse.silenceNanos(), messagesPulse.silenceNanos()));
    }

    /** A server that lost its scripts may be another one behind a proxy: then nothing known of it holds. */
    private CompletionStage<Void> verify() {
        return commands().info("server").thenCompose(info -> {
            if (new ServerInfo(info).run().equals(run())) {
                return CompletableFuture.completedStage(null);
            }
            end("another server answers");
            return CompletableFuture.failedStage(new BrokerUnavailableException("another Redis server answers"));
        });
    }

    private static List<String[]> chunks(Collection<String> channels) {
        List<String> all = List.copyOf(channels);
        List<String[]> chunks = new ArrayList<>();
        for (int from = 0; from < all.size(); from += CHANNELS_AT_ONCE) {
            int to = Math.min(from + CHANNELS_AT_ONCE, all.size());
            chunks.add(all.subList(from, to).toArray(String[]::new));
        }
        return chunks;
    }
}
