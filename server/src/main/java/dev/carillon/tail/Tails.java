package dev.carillon.tail;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.delivery.Listeners;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The open tails of a node, at most {@value #MAX_OPEN}. Thread-safe; never blocks. */
public final class Tails implements AutoCloseable {
    public static final int MAX_OPEN = 8;

    private final Listeners listeners;
    private final InstantSource clock;
    private final Counter leftOut;
    private final AtomicInteger count = new AtomicInteger();
    private final Set<Tail> open = ConcurrentHashMap.newKeySet();

    public Tails(Listeners listeners, MeterRegistry registry, InstantSource clock) {
        this.listeners = listeners;
        this.clock = clock;
        this.leftOut = Counter.builder("carillon.tail.dropped")
                .description("Events that operators' tails left out, as their readers were too slow")
                .register(registry);
    }

    /**
     * Opens a tail of all events of a tenant with a scope that a selector matches, on every node.
     *
     * @return completes when no later event is missed unnoticed; fails with {@code overloaded} if too many are open, and as {@link Listeners#listenToAll} does
     */
    public CompletionStage<Tail> open(Tenant tenant, List<Selector> scopes) {
        if (count.incrementAndGet() > MAX_OPEN) {
            count.decrementAndGet();
            return CompletableFuture.failedFuture(
                    new CarillonException(ErrorCode.OVERLOADED, "this node has " + MAX_OPEN + " open tails; end one"));
        }
        Tail tail = new Tail(scopes, clock, leftOut, this::closed);
        open.add(tail);
        return listeners.listenToAll(tenant, tail).handle((listening, e) -> {
            if (e != null) {
                tail.close();
                throw new CompletionException(
                        e instanceof CompletionException known && known.getCause() != null ? known.getCause() : e);
            }
            tail.started(listening);
            return tail;
        });
    }

    private void closed(Tail tail) {
        if (open.remove(tail)) {
            count.decrementAndGet();
        }
    }

    /** Ends all tails. */
    @Override
    public void close() {
        List.copyOf(open).forEach(Tail::close);
    }
}
