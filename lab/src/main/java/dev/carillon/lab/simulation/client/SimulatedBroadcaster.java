package dev.carillon.lab.simulation.client;

import dev.carillon.broker.Idempotency;
import dev.carillon.lab.account.Broadcast;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.simulation.host.Schedule;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Broadcasts the events of one sequence, each after the one before was acknowledged. An event without an answer is sent again with the same id, to any
 * node, for as long as it takes.
 */
public final class SimulatedBroadcaster {
    private static final long TIMEOUT_NANOS = 3_000_000_000L;
    private static final long RETRY_NANOS = 100_000_000;
    private static final long MAX_NETWORK_NANOS = 10_000_000;
    private static final long MIN_PAUSE_NANOS = 20_000_000;
    private static final long MAX_PAUSE_NANOS = 900_000_000;

    private final EventSequence sequence;
    private final List<Scope> scopes;
    private final boolean retained;
    private final boolean byKey;
    private final long endNanos;
    private final Schedule schedule;
    private final Ledger ledger;
    private final SplittableRandom random;
    private final Supplier<Optional<ServingNode>> proxy;
    private int acknowledged;
    private boolean done;
    /** Rises with each attempt, so that an earlier one is over. */
    private int attempt;

    public SimulatedBroadcaster(
            EventSequence sequence, boolean retained, long endNanos, SimulatedClient.Surroundings around) {
        this.sequence = sequence;
        this.scopes = sequence.scopes().stream().map(Scope::parse).toList();
        this.retained = retained;
        this.endNanos = endNanos;
        this.schedule = around.schedule();
        this.ledger = around.ledger();
        this.random = around.random();
        this.proxy = around.proxy();
        this.byKey = random.nextBoolean();
    }

    public EventSequence sequence() {
        return sequence;
    }

    public boolean retained() {
        return retained;
    }

    /** Number of events that were acknowledged. */
    public int acknowledged() {
        return acknowledged;
    }

    public boolean done() {
        return done;
    }

    public void next() {
        if (schedule.nanos() >= endNanos) {
            done = true;
            return;
        }
        Broadcast event = ledger.begin(sequence);
        attempt(event, draft(event));
    }

    private Event draft(Broadcast event) {
        return Event.to(scopes)
                .id(ledger.id(event))
                .type(Ledger.TYPE)
                .data(Ledger.data(event))
                .retain(retained)
                .build();
    }

    private void attempt(Broadcast broadcast, Event event) {
        int current = ++attempt;
        Optional<ServingNode> node = proxy.get();
        if (node.isEmpty()) {
            again(current, broadcast, event, "no node");
            return;
        }
        ledger.attempt(broadcast);
        Idempotency by = byKey ? Idempotency.key(ledger.id(broadcast)) : Idempotency.BY_ID;
        schedule.after(
                network(),
                () -> node.get().host().run(() -> {
                    var _ = node.get()
                            .broadcast(event, by)
                            .whenComplete((appended, e) ->
                                    schedule.after(network(), () -> answered(current, broadcast, event, e)));
                }));
        schedule.after(TIMEOUT_NANOS, () -> again(current, broadcast, event, "timeout"));
    }

    private void answered(int current, Broadcast broadcast, Event event, @Nullable Throwable e) {
        if (e != null) {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            again(current, broadcast, event, cause.getClass().getSimpleName());
        } else if (attempt == current) {
            attempt++;
            ledger.end(broadcast, Broadcast.Outcome.ACKNOWLEDGED);
            acknowledged++;
            schedule.after(random.nextLong(MIN_PAUSE_NANOS, MAX_PAUSE_NANOS), this::next);
        }
    }

    private void again(int current, Broadcast broadcast, Event event, String reason) {
        if (attempt == current) {
            attempt++;
            ledger.failed(reason);
            schedule.after(RETRY_NANOS, () -> attempt(broadcast, event));
        }
    }

    private long network() {
        return random.nextLong(MAX_NETWORK_NANOS);
    }
}
