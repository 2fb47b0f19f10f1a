package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Opens epochs. Every script that touches a tenant's log refuses unless the tenant's last epoch was opened in the present life
 * of the server; then one is opened here and the script is called once more. So a tenant's epoch is opened with its first use
 * in each life, whatever data the server came back with.
 */
final class Epochs {
    private final Keys keys;
    /** Of any tenant, in any life: a log that was lost with its list of epochs begins above it. */
    private final AtomicLong highest = new AtomicLong();
    /** The highest of each tenant that this node uses: where the list is lost, that there was one goes into the next. */
    private final Map<Tenant, Long> known = new ConcurrentHashMap<>();

    Epochs(Keys keys) {
        this.keys = keys;
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
     * The script's answer. The first use of a tenant in a session opens its epoch by a command of its own just before, without
     * waiting, so that what is sent together stays in its order. Only data that were lost without a break need the second call.
     */
    CompletionStage<Reply> in(Session session, Tenant tenant, Supplier<CompletionStage<Reply>> script) {
        if (!session.hasUsed(tenant)) {
            // Should it fail, the script will refuse.
            CompletionStage<Void> _ = open(session, tenant);
            session.use(tenant);
        }
        return script.get()
                .thenCompose(reply ->
                        reply.wantsEpoch() ? again(session, tenant, script) : CompletableFuture.completedStage(reply));
    }

    private CompletionStage<Reply> again(Session session, Tenant tenant, Supplier<CompletionStage<Reply>> script) {
        if (session.forget(tenant)) {
            session.doubt("the log of tenant " + tenant + " has begun anew");
        }
        return open(session, tenant).thenCompose(x -> script.get()).thenApply(reply -> {
            if (reply.wantsEpoch()) {
                throw new BrokerUnavailableException("Redis loses its data all the time; nothing was done");
            }
            session.use(tenant);
            return reply;
        });
    }

    private CompletionStage<Void> open(Session session, Tenant tenant) {
        List<String> names = List.of(keys.meta(tenant), keys.log(tenant));
        return session.run(
                        Scripts.OPEN, names, Arguments.of(session.run(), highest.get(), known.getOrDefault(tenant, 0L)))
                .thenCompose(reply -> {
                    if (!reply.text(0).equals(session.run())) {
                        session.end("another server answers");
                        return CompletableFuture.failedStage(
                                new BrokerUnavailableException("another Redis server answers; nothing was done"));
                    }
                    seen(tenant, reply.number(1));
                    return CompletableFuture.completedStage(null);
                });
    }
}
