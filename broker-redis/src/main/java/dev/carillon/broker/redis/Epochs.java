package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.ScriptArguments;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.broker.redis.script.Scripts;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Opens epochs. Every script on a tenant's log refuses unless the tenant's last epoch was opened in the current life of the server; then
 * an epoch is opened here and the script is repeated. The first use of a tenant in each life of the server thus opens its epoch, whatever
 * data the server restored.
 */
final class Epochs {
    /**
     * The highest known epochs; the servers of a cluster share one.
     *
     * @param any of any tenant, in any life: a log that was lost with its list of epochs starts above it
     * @param known of each tenant in use: if the list is lost, the next one records that there was an earlier epoch
     */
    record Highest(AtomicLong any, Map<Tenant, Long> known) {
        Highest() {
            this(new AtomicLong(), new ConcurrentHashMap<>());
        }
    }

    private final Keys keys;
    private final AtomicLong highest;
    private final Map<Tenant, Long> known;

    Epochs(Keys keys) {
        this(keys, new Highest());
    }

    Epochs(Keys keys, Highest highest) {
        this.keys = keys;
        this.highest = highest.any();
        this.known = highest.known();
    }

    void seen(Tenant tenant, long epoch) {
        if (epoch > highest.get()) {
            highest.accumulateAndGet(epoch, Math::max);
        }
        if (epoch > known.getOrDefault(tenant, 0L)) {
            known.merge(tenant, epoch, Math::max);
        }
    }

    /**
     * Runs a script. The first use of a tenant in a session opens its epoch by a separate command just before, without waiting, so that
     * commands sent together stay in order. The second call is needed only after data loss without a lost connection.
     */
    CompletionStage<ScriptReply> in(
            RedisSession session, Tenant tenant, Supplier<CompletionStage<ScriptReply>> script) {
        if (!session.hasOpenEpoch(tenant)) {
            // If it fails, the script refuses.
            CompletionStage<Void> _ = open(session, tenant);
            session.epochOpened(tenant);
        }
        return script.get()
                .thenCompose(reply ->
                        reply.needsEpoch() ? again(session, tenant, script) : CompletableFuture.completedStage(reply));
    }

    private CompletionStage<ScriptReply> again(
            RedisSession session, Tenant tenant, Supplier<CompletionStage<ScriptReply>> script) {
        if (session.epochClosed(tenant)) {
            session.possibleLoss("the log of tenant " + tenant + " was restarted");
        }
        return open(session, tenant).thenCompose(x -> script.get()).thenApply(reply -> {
            if (reply.needsEpoch()) {
                throw new BrokerUnavailableException("Redis loses its data repeatedly; the request had no effect");
            }
            session.epochOpened(tenant);
            return reply;
        });
    }

    private CompletionStage<Void> open(RedisSession session, Tenant tenant) {
        List<String> names = List.of(keys.meta(tenant), keys.log(tenant));
        return session.run(
                        Scripts.OPEN,
                        names,
                        ScriptArguments.of(
                                session.run(),
                                highest.get(),
                                known.getOrDefault(tenant, 0L),
                                session.server().mayBePromoted() ? 1 : 0))
                .thenCompose(reply -> {
                    if (!reply.text(0).equals(session.run())) {
                        session.end("a different server answered");
                        return CompletableFuture.failedStage(new BrokerUnavailableException(
                                "a different Redis server answered; the request had no effect"));
                    }
                    seen(tenant, reply.number(1));
                    return CompletableFuture.completedStage(null);
                });
    }
}
