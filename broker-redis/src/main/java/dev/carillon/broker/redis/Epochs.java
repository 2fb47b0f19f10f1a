package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerAwayException;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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

    Epochs(Keys keys) {
        this.keys = keys;
    }

    void seen(long epoch) {
        if (epoch > highest.get()) {
            highest.accumulateAndGet(epoch, Math::max);
        }
    }

    /** The script's answer, after the tenant's epoch was opened where that was necessary. */
    CompletionStage<Reply> in(Session session, Tenant tenant, Supplier<CompletionStage<Reply>> script) {
        return script.get()
                .thenCompose(reply -> reply.wantsEpoch()
                        ? open(session, tenant).thenCompose(x -> script.get())
                        : CompletableFuture.completedStage(reply))
                .thenApply(reply -> {
                    if (reply.wantsEpoch()) {
                        throw new BrokerAwayException("Redis loses its data all the time; nothing was done");
                    }
                    session.used(tenant);
                    return reply;
                });
    }

    private CompletionStage<Void> open(Session session, Tenant tenant) {
        List<String> names = List.of(keys.meta(tenant), keys.log(tenant));
        return session.run(Scripts.OPEN, names, Arguments.of(session.run(), highest.get()))
                .thenCompose(reply -> {
                    if (!reply.text(0).equals(session.run())) {
                        session.end("another server answers");
                        return CompletableFuture.failedStage(
                                new BrokerAwayException("another Redis server answers; nothing was done"));
                    }
                    long epoch = reply.number(1);
                    seen(epoch);
                    if (session.hasUsed(tenant)) {
                        // After a reconnect all is in doubt anyway; here the server has lost data without a break.
                        session.doubt("the log of tenant " + tenant + " has begun anew");
                    }
                    return CompletableFuture.completedStage(null);
                });
    }
}
