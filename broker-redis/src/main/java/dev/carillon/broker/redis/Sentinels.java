package dev.carillon.broker.redis;

import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerUnavailableException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Asks the sentinels for the primary: all of them, because one that is cut off names an older primary; the newest configuration counts. The
 * connections stay open between questions. Thread-safe; never blocks.
 */
final class Sentinels {
    /** A primary, with the number of the fail-over that made it one. */
    record Primary(String host, int port, long configuration) {
        /** Whether a later fail-over made another server the primary. */
        boolean isReplacedBy(Primary other) {
            return other.configuration > configuration && !(other.port == port && other.host.equals(host));
        }
    }

    private final RedisClient client;
    private final RedisURI uri;
    private final TimeLimit limit;
    /** By sentinel; null: none yet. Guarded by this. */
    private final List<@Nullable CompletableFuture<StatefulRedisSentinelConnection<String, String>>> connections =
            new ArrayList<>();
    /** Guarded by this. */
    private boolean closed;

    /** @param limit time for each sentinel's answer, including its connection */
    Sentinels(RedisClient client, RedisURI uri, TimeLimit limit) {
        this.client = client;
        this.uri = uri;
        this.limit = limit;
        uri.getSentinels().forEach(sentinel -> connections.add(null));
    }

    /** The primary by all sentinels that answer within the limit; fails if none does. */
    CompletionStage<Primary> primary() {
        List<CompletableFuture<Primary>> answers = new ArrayList<>();
        for (int i = 0; i < uri.getSentinels().size(); i++) {
            int sentinel = i;
            var connection = connection(sentinel);
            answers.add(limit.on(connection.thenCompose(this::ask)).whenComplete((x, e) -> {
                if (e != null) {
                    forget(sentinel, connection);
                }
            }));
        }
        CompletableFuture<?>[] ended =
                answers.stream().map(answer -> answer.handle((x, e) -> null)).toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(ended).thenApply(x -> newest(answers));
    }

    /** Where the primary is, with credentials and options of the address. */
    RedisURI uri(Primary primary) {
        RedisURI found = RedisURI.create(primary.host(), primary.port());
        found.setDatabase(uri.getDatabase());
        found.setSsl(uri.isSsl());
        found.setVerifyPeer(uri.getVerifyMode());
        found.setCredentialsProvider(uri.getCredentialsProvider());
        found.setClientName(uri.getClientName());
        found.setTimeout(uri.getTimeout());
        return found;
    }

    /** Opens no more connections; completes when none opens any longer. */
    CompletableFuture<Void> close() {
        List<CompletableFuture<?>> ending = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (var connection : connections) {
                if (connection != null) {
                    ending.add(connection
                            .thenCompose(StatefulRedisSentinelConnection::closeAsync)
                            .handle((x, e) -> null));
                }
            }
        }
        return CompletableFuture.allOf(ending.toArray(CompletableFuture<?>[]::new));
    }

    private CompletionStage<Primary> ask(StatefulRedisSentinelConnection<String, String> connection) {
        String name = uri.getSentinelMasterId();
        // The number first: if a fail-over ends in between, the address is newer than its number, which the next
        // question corrects. The
        // address of the first answer would not do: a sentinel that fails over numbers it as the new primary while it
        // is still the old one's.
        CompletionStage<Map<String, String>> fields = connection.async().master(name);
        return fields.thenCombine(connection.async().getMasterAddrByName(name), Sentinels::primary);
    }

    private static Primary primary(Map<String, String> fields, SocketAddress address) {
        InetSocketAddress at = (InetSocketAddress) address;
        return new Primary(at.getHostString(), at.getPort(), Long.parseLong(fields.getOrDefault("config-epoch", "0")));
    }

    private static Primary newest(List<CompletableFuture<Primary>> answers) {
        Primary newest = null;
        Throwable failure = null;
        for (CompletableFuture<Primary> answer : answers) {
            if (answer.isCompletedExceptionally()) {
                failure = answer.exceptionNow();
            } else if (newest == null || answer.join().configuration() > newest.configuration()) {
                newest = answer.join();
            }
        }
        if (newest == null) {
            throw failure == null
                    ? new BrokerUnavailableException("no sentinel answers")
                    : new BrokerUnavailableException("no sentinel answers", failure);
        }
        return newest;
    }

    private synchronized CompletableFuture<StatefulRedisSentinelConnection<String, String>> connection(int sentinel) {
        if (closed) {
            return CompletableFuture.failedFuture(new IllegalStateException("the broker is closed"));
        }
        var connection = connections.get(sentinel);
        if (connection == null || isLost(connection)) {
            connection = client.connectSentinelAsync(
                    StringCodec.UTF8, uri.getSentinels().get(sentinel));
            connections.set(sentinel, connection);
        }
        return connection;
    }

    private static boolean isLost(CompletableFuture<StatefulRedisSentinelConnection<String, String>> connection) {
        return connection.isCompletedExceptionally()
                || connection.isDone() && !connection.join().isOpen();
    }

    /** The next question opens a connection again. One that is still opening stays, so that they do not pile up. */
    @SuppressWarnings("ReferenceEquality") // the very connection
    private synchronized void forget(
            int sentinel, CompletableFuture<StatefulRedisSentinelConnection<String, String>> connection) {
        if (connection.isDone() && connections.get(sentinel) == connection) {
            connections.set(sentinel, null);
            if (!connection.isCompletedExceptionally()) {
                CompletableFuture<Void> _ = connection.join().closeAsync();
            }
        }
    }
}
