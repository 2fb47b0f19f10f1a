package dev.carillon.broadcast;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.RandomIds;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Idempotency;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * The one way to broadcast, for every endpoint and for applications: what a client broadcasts its grants must cover; while the broker is
 * away a broadcast fails, but for scopes whose policy lets the event reach the clients of this node; each is counted. Thread-safe; never
 * blocks.
 */
public final class Broadcaster {
    private final Broker broker;
    private final BiConsumer<Event, String> local;
    private final ScopePolicies policies;
    private final SecureRandom random;
    private final Counter accepted;
    private final Counter failed;
    private final Counter toNode;
    private final Counter refused;

    /**
     * The answer to a broadcast.
     *
     * @param id the event's; a client can resume by it, unless {@code nodeOnly}
     * @param nodeOnly whether the event went to the clients of this node alone, and is in no log
     */
    public record Receipt(String id, boolean nodeOnly) {}

    /**
     * @param local gives an event that no log has, and its id, to the clients of this node
     * @param random for the ids of such events
     */
    public Broadcaster(
            Broker broker,
            BiConsumer<Event, String> local,
            ScopePolicies policies,
            MeterRegistry registry,
            SecureRandom random) {
        this.random = random;
        this.broker = broker;
        this.local = local;
        this.policies = policies;
        this.accepted = registry.counter("carillon.broadcasts", "outcome", "accepted");
        this.failed = registry.counter("carillon.broadcasts", "outcome", "failed");
        this.toNode = registry.counter("carillon.broadcasts", "outcome", "node");
        this.refused = registry.counter("carillon.broadcasts", "outcome", "refused");
    }

    /**
     * Broadcasts for a client.
     *
     * @return completes when the log has the event; fails as {@link dev.carillon.broker.Channel#broadcast} does
     * @throws NotGrantedException where the grants do not cover a scope
     * @throws CarillonException {@code not-granted}, where they are another tenant's
     */
    public CompletionStage<Receipt> broadcast(Grants grants, Event event, Idempotency by) {
        requireGranted(grants, event.scopes());
        // The system scope is no tenant's: the grants that cover it are enough.
        if (!event.tenant().equals(grants.tenant()) && !event.tenant().equals(Tenant.SYSTEM)) {
            refused.increment();
            throw new CarillonException(ErrorCode.NOT_GRANTED, "the token is another tenant's");
        }
        return send(event, by);
    }

    /**
     * Broadcasts for the application itself, which may reach every scope of every tenant.
     *
     * @return completes when the log has the event; fails as {@link dev.carillon.broker.Channel#broadcast} does
     */
    public CompletionStage<Receipt> broadcast(Event event) {
        return send(event, Idempotency.BY_ID);
    }

    /** The same, but that an event with the same idempotency is broadcast once. */
    public CompletionStage<Receipt> broadcast(Event event, Idempotency by) {
        return send(event, by);
    }

    /**
     * For what is to be told before the event can be made.
     *
     * @throws CarillonException {@code not-granted}, where the grants cover no scope at all
     */
    public void requireAnyGranted(Grants grants) {
        if (grants.broadcast().isEmpty()) {
            refused.increment();
            throw new CarillonException(ErrorCode.NOT_GRANTED, "the token grants no broadcasting");
        }
    }

    /**
     * For what is to be told before the event can be made.
     *
     * @throws NotGrantedException for the first scope that the grants do not cover
     */
    public void requireGranted(Grants grants, Collection<Scope> scopes) {
        for (Scope scope : scopes) {
            if (!grants.mayBroadcast(scope)) {
                refused.increment();
                throw new NotGrantedException(scope);
            }
        }
    }

    private CompletionStage<Receipt> send(Event event, Idempotency by) {
        // Only before the broker is asked: when its answer does not come, the event may be in the log all the same.
        if (!broker.health().connected() && policies.reachesNodeAlone(event)) {
            toNode.increment();
            String id = Objects.requireNonNullElseGet(event.id(), () -> "urn:uuid:" + RandomIds.uuid(random));
            local.accept(event, id);
            return CompletableFuture.completedFuture(new Receipt(id, true));
        }
        return broker.channel()
                .broadcast(event, by)
                .whenComplete((appended, e) -> (e == null ? accepted : failed).increment())
                .thenApply(appended -> new Receipt(appended.id(), false));
    }
}
