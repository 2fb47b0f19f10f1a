package dev.carillon.broker.redis;

import dev.carillon.base.Platform;
import dev.carillon.broker.AppendCounts;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Channel;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.broker.redis.script.Retention;
import dev.carillon.broker.redis.script.ScriptArguments;
import dev.carillon.broker.redis.script.ScriptReply;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Appends broadcasts to the logs, those of a tenant in the order of the calls. Broadcasts that arrive while others of the tenant have no
 * answer share the next call ({@link AppendQueue}). Thread-safe; never blocks.
 */
final class Appends {
    private final RedisLink link;
    private final Epochs epochs;
    private final Keys keys;
    private final BrokerOptions options;
    private final Retention retention;
    private final Platform platform;
    /** One for each tenant that broadcast within the last timeout. */
    private final Map<Tenant, AppendQueue> queues = new ConcurrentHashMap<>();

    private final LongAdder calls = new LongAdder();
    private final LongAdder events = new LongAdder();

    Appends(RedisLink link, Epochs epochs, Keys keys, BrokerOptions options, Platform platform) {
        this.link = link;
        this.epochs = epochs;
        this.keys = keys;
        this.options = options;
        this.retention = Retention.of(options);
        this.platform = platform;
    }

    AppendCounts counts() {
        return new AppendCounts(calls.sum(), events.sum());
    }

    List<CompletionStage<Appended>> append(List<Broadcast> broadcasts) {
        List<CompletionStage<Appended>> answers = new ArrayList<>(broadcasts.size());
        Map<Tenant, List<PendingAppend>> accepted = new LinkedHashMap<>();
        long deadline = platform.nanoTime().getAsLong() + options.timeout().toNanos();
        for (Broadcast broadcast : broadcasts) {
            try {
                PendingAppend append = accept(broadcast, deadline);
                accepted.computeIfAbsent(append.event.tenant(), t -> new ArrayList<>())
                        .add(append);
                answers.add(append.answer);
            } catch (RuntimeException e) {
                answers.add(CompletableFuture.failedFuture(Failures.of(e)));
            }
        }
        accepted.forEach(this::enqueue);
        return answers;
    }

    private PendingAppend accept(Broadcast broadcast, long deadline) {
        RedisSession _ = link.session();
        PendingAppend append = new PendingAppend(broadcast, EventWire.encode(broadcast.event()), deadline);
        long max = options.maxOutstandingBytes();
        if (link.outstanding().addAndGet(append.bytes()) > max) {
            link.outstanding().addAndGet(-append.bytes());
            throw new OverloadedException("more than " + max + " bytes of broadcasts wait for the broker");
        }
        return append;
    }

    private void enqueue(Tenant tenant, List<PendingAppend> appends) {
        AppendQueue queue;
        do {
            queue = queues.computeIfAbsent(tenant, this::newQueue);
        } while (!queue.add(appends));
        queue.send();
    }

    private AppendQueue newQueue(Tenant tenant) {
        List<byte[]> settings = ScriptArguments.of(
                retention.ageMillis(),
                retention.idMillis(),
                retention.scopeEvents(),
                retention.logEvents(tenant),
                Channel.MAX_RETAINED,
                keys.all(tenant),
                keys.live(tenant));
        return new AppendQueue(
                (session, group) -> call(
                        session,
                        tenant,
                        group.call(tenant, keys, settings),
                        group.events().size()),
                link,
                epochs,
                options.timeout(),
                platform,
                queue -> queues.remove(tenant, queue));
    }

    private CompletionStage<ScriptReply> call(RedisSession session, Tenant tenant, AppendGroup.Call call, int size) {
        calls.increment();
        events.add(size);
        CompletionStage<ScriptReply> appended =
                epochs.in(session, tenant, () -> session.run(session.append(), call.keys(), call.arguments()));
        return session.waitsForReplicas()
                ? appended.thenCompose(reply -> session.replicated().thenApply(x -> reply))
                : appended;
    }
}
