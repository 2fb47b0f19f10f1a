package dev.carillon.http;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Idempotency;
import dev.carillon.fanout.FanOut;
import dev.carillon.scope.Event;
import dev.carillon.scope.ScopePolicies;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Gives the cluster an event of a client; the faces share it. While the broker is away that fails, but for scopes whose policy lets
 * the event reach the clients of this node.
 */
public final class Broadcasts {
    private final Broker broker;
    private final FanOut fanOut;
    private final ScopePolicies policies;
    private final Counter accepted;
    private final Counter failed;
    private final Counter toNode;

    /**
     * What whoever broadcasts is told.
     *
     * @param nodeAlone whether only the clients of this node have it: nobody else ever will
     */
    public record Answer(String id, boolean nodeAlone) {}

    public Broadcasts(Broker broker, FanOut fanOut, ScopePolicies policies, MeterRegistry registry) {
        this.broker = broker;
        this.fanOut = fanOut;
        this.policies = policies;
        this.accepted = registry.counter("carillon.broadcasts", "outcome", "accepted");
        this.failed = registry.counter("carillon.broadcasts", "outcome", "failed");
        this.toNode = registry.counter("carillon.broadcasts", "outcome", "node");
    }

    /** Fails as {@link dev.carillon.broker.Channel#broadcast} does. */
    public CompletionStage<Answer> broadcast(Event event, Idempotency by) {
        // Only where the broker was not asked: of an answer that did not come nobody knows.
        if (!broker.health().connected() && policies.reachesNodeAlone(event)) {
            toNode.increment();
            fanOut.deliverHere(event);
            String given = event.id();
            return CompletableFuture.completedFuture(
                    new Answer(given == null ? "urn:uuid:" + UUID.randomUUID() : given, true));
        }
        return broker.channel()
                .broadcast(event, by)
                .whenComplete((appended, e) -> (e == null ? accepted : failed).increment())
                .thenApply(appended -> new Answer(appended.id(), false));
    }
}
