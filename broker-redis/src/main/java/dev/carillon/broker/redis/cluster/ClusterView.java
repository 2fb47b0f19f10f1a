package dev.carillon.broker.redis.cluster;

import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerUnavailableException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks servers of a cluster which primary has which slot: several, because one that is cut off knows only an older state. The highest epoch of
 * the cluster counts; servers learn of an epoch before they learn of all its slots, so of those with the highest, the primary that got slots
 * last counts, which knows its own. The connections stay open between questions. Used by one thread; the answers arrive on others.
 */
final class ClusterView {
    /** Servers asked at a time; others are asked only if these are not enough. */
    private static final int MAX_ASKED = 12;

    private static final Pattern EPOCH = Pattern.compile("cluster_current_epoch:(\\d{1,18})");
    private static final Pattern OWN_EPOCH = Pattern.compile("cluster_my_epoch:(\\d{1,18})");

    /**
     * What a server knows.
     *
     * @param serves whether it has contact to enough servers
     * @param epoch that of the cluster, as far as it knows
     * @param owns whether it names itself as a primary with slots
     * @param ownEpoch the epoch in which it got slots last; for a replica, that of its primary
     */
    record Answer(ClusterSlots slots, boolean serves, long epoch, boolean owns, long ownEpoch) {
        private static final Comparator<Answer> BY_AGE = Comparator.comparing(Answer::serves)
                .thenComparingLong(Answer::epoch)
                .thenComparing(Answer::owns)
                .thenComparingLong(Answer::ownEpoch);

        /** @param info its answer to {@code CLUSTER INFO} */
        static Answer of(ClusterSlots slots, String info, ClusterSlots.Server server) {
            return new Answer(
                    slots,
                    info.contains("cluster_state:ok"),
                    number(EPOCH, info),
                    slots.servers().contains(server),
                    number(OWN_EPOCH, info));
        }

        private static long number(Pattern pattern, String info) {
            Matcher found = pattern.matcher(info);
            return found.find() ? Long.parseLong(found.group(1)) : 0;
        }

        boolean isNewerThan(@Nullable Answer other) {
            return other == null || BY_AGE.compare(this, other) > 0;
        }
    }

    private final RedisClient client;
    private final ClusterAddress address;
    private final TimeLimit limit;
    private final Map<ClusterSlots.Server, CompletableFuture<StatefulRedisConnection<String, String>>> connections =
            new HashMap<>();

    /** @param limit time for each server's answer, including its connection */
    ClusterView(RedisClient client, ClusterAddress address, TimeLimit limit) {
        this.client = client;
        this.address = address;
        this.limit = limit;
    }

    /**
     * The slots by the servers that answer within the limit; fails if none does.
     *
     * @param known the primaries known before
     */
    CompletionStage<ClusterSlots> read(Set<ClusterSlots.Server> known) {
        Set<ClusterSlots.Server> asked = new LinkedHashSet<>();
        address.seeds().forEach(asked::add);
        known.stream().limit(MAX_ASKED).forEach(asked::add);
        forgetAllBut(asked);
        List<CompletableFuture<Answer>> answers = new ArrayList<>();
        for (ClusterSlots.Server server : asked) {
            var connection = connection(server);
            answers.add(limit.on(connection.thenCompose(open -> ask(open.async(), server)))
                    .whenComplete((x, e) -> {
                        if (e != null && connection.isDone() && !connection.isCompletedExceptionally()) {
                            CompletableFuture<Void> _ = connection.join().closeAsync();
                        }
                    }));
        }
        CompletableFuture<?>[] ended =
                answers.stream().map(answer -> answer.handle((x, e) -> null)).toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(ended).thenApply(x -> newest(answers));
    }

    /** Closes the connections; completes when none opens any longer. */
    CompletableFuture<Void> close() {
        List<CompletableFuture<?>> ending = new ArrayList<>();
        connections.values().forEach(connection -> ending.add(end(connection)));
        return CompletableFuture.allOf(ending.toArray(CompletableFuture<?>[]::new));
    }

    private static CompletionStage<Answer> ask(RedisAsyncCommands<String, String> server, ClusterSlots.Server at) {
        // The epoch first: slots may be newer than it, but not older.
        var info = server.clusterInfo();
        return info.thenCombine(
                server.clusterSlots(), (text, reply) -> Answer.of(ClusterSlots.of(reply, at.host()), text, at));
    }

    private static ClusterSlots newest(List<CompletableFuture<Answer>> answers) {
        Answer newest = null;
        Throwable failure = null;
        for (CompletableFuture<Answer> answer : answers) {
            if (answer.isCompletedExceptionally()) {
                failure = answer.exceptionNow();
            } else if (answer.join().isNewerThan(newest)) {
                newest = answer.join();
            }
        }
        if (newest == null) {
            throw failure == null
                    ? new BrokerUnavailableException("no server of the cluster answers")
                    : new BrokerUnavailableException("no server of the cluster answers", failure);
        }
        return newest.slots();
    }

    private CompletableFuture<StatefulRedisConnection<String, String>> connection(ClusterSlots.Server server) {
        var connection = connections.get(server);
        if (connection == null || isLost(connection)) {
            connection =
                    client.connectAsync(StringCodec.UTF8, address.uri(server)).toCompletableFuture();
            connections.put(server, connection);
        }
        return connection;
    }

    private static boolean isLost(CompletableFuture<StatefulRedisConnection<String, String>> connection) {
        return connection.isCompletedExceptionally()
                || connection.isDone() && !connection.join().isOpen();
    }

    private void forgetAllBut(Set<ClusterSlots.Server> asked) {
        for (ClusterSlots.Server server : new HashSet<>(connections.keySet())) {
            if (!asked.contains(server)) {
                var connection = connections.remove(server);
                if (connection != null) {
                    CompletableFuture<?> _ = end(connection);
                }
            }
        }
    }

    private static CompletableFuture<?> end(CompletableFuture<StatefulRedisConnection<String, String>> connection) {
        return connection.thenCompose(StatefulRedisConnection::closeAsync).handle((x, e) -> null);
    }
}
