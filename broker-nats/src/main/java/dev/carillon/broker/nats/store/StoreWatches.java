package dev.carillon.broker.nats.store;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Store;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.BlockingCalls;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsSession;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Tenant;
import io.nats.client.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The watches of kinds, across sessions. Listeners run on the dispatcher's thread. */
public final class StoreWatches {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoreWatches.class);

    private record Kind(Tenant tenant, String kind) {
        String subject() {
            return Subjects.watch(tenant, kind);
        }
    }

    private final BlockingCalls calls;
    /** Guarded by itself, which also guards the session and its subscriptions. */
    private final Map<Kind, List<Consumer<Store.Change>>> listeners = new HashMap<>();

    private @Nullable NatsSession session;

    public StoreWatches(BlockingCalls calls) {
        this.calls = calls;
    }

    public void attach(NatsSession next) {
        synchronized (listeners) {
            session = next;
            listeners.keySet().forEach(kind -> next.watches().subscribe(kind.subject(), m -> take(kind, m)));
        }
    }

    CompletableFuture<AutoCloseable> add(Tenant tenant, String name, Consumer<Store.Change> listener) {
        Kind kind = new Kind(tenant, name);
        NatsSession in;
        synchronized (listeners) {
            in = session;
            if (in == null || !in.alive()) {
                return CompletableFuture.failedFuture(new BrokerUnavailableException("there is no connection to NATS"));
            }
            List<Consumer<Store.Change>> some = listeners.get(kind);
            if (some == null) {
                try {
                    in.watches().subscribe(kind.subject(), m -> take(kind, m));
                } catch (IllegalStateException e) {
                    return CompletableFuture.failedFuture(Failures.toBrokerFailure(e));
                }
                some = new CopyOnWriteArrayList<>();
                listeners.put(kind, some);
            }
            some.add(listener);
        }
        return calls.within(in.confirmAt(Subjects.store(tenant, name, "none"))
                        .<AutoCloseable>thenApply(ok -> () -> remove(kind, listener)))
                .whenComplete((watch, e) -> {
                    if (e != null) {
                        remove(kind, listener);
                    }
                });
    }

    private void remove(Kind kind, Consumer<Store.Change> listener) {
        synchronized (listeners) {
            List<Consumer<Store.Change>> some = listeners.get(kind);
            if (some == null || !some.remove(listener) || !some.isEmpty()) {
                return;
            }
            listeners.remove(kind);
            NatsSession in = session;
            if (in != null && in.alive()) {
                try {
                    in.watches().unsubscribe(kind.subject());
                } catch (IllegalStateException e) {
                    // The session is ending, which ends its subscriptions.
                }
            }
        }
    }

    private void take(Kind kind, Message message) {
        Store.Change change;
        try {
            StoredValue value = StoredValue.of(StoredMessage.ofHeaders(message));
            Store.Key key = value.key(kind.tenant(), kind.kind());
            change = new Store.Change(key, value.removed() ? null : value.entry(key));
        } catch (UnreadableException e) {
            LOGGER.atError()
                    .addKeyValue("subject", message.getSubject())
                    .addKeyValue("reason", e.getMessage())
                    .log("skipped a message that is not a change of the store");
            return;
        }
        List<Consumer<Store.Change>> some;
        synchronized (listeners) {
            some = listeners.getOrDefault(kind, List.of());
        }
        for (Consumer<Store.Change> listener : some) {
            try {
                listener.accept(change);
            } catch (RuntimeException e) {
                LOGGER.atError().setCause(e).addKeyValue("kind", kind.kind()).log("a listener of the store failed");
            }
        }
    }
}
