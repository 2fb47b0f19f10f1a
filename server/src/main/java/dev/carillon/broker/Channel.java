package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Live events between nodes.
 *
 * <p><b>Delivery.</b> While the broker is connected, the listener receives every event of a joined interest, on every node, including the
 * node's own events. An event may be delivered more than once (once per scope): the deliveries then differ in their links, and only
 * events with later positions come between them. An event can be lost on a broken connection: its links, or a comparison of heads, reveal
 * the loss.
 *
 * <p><b>Order.</b> The first deliveries of one tenant's events are in log order, the same on every node. The listener is called by one
 * thread at a time for a tenant.
 *
 * <p><b>Reconnecting.</b> After a lost connection the channel reconnects by itself, with back-off and jitter and without a limit of
 * attempts, joins the same interests again, and then reports {@link HealthEvent.PossibleLoss}.
 */
public interface Channel {
    /** Maximum number of scopes of a tenant with a retained event; a broadcast beyond it fails as overloaded. */
    int MAX_RETAINED = 100_000;

    /**
     * Sets the listener for events. Must be called once, before the first join. The listener must not block; its exceptions are logged
     * and affect no other listener.
     */
    void listen(Consumer<Live> listener);

    /** The chains that link the events of the interest; known without asking the server, the same on every node. */
    Set<Chain> chains(Interest interest);

    /** The chains that link an event, for nodes that joined one of its scopes or all of the tenant. */
    Set<Chain> chains(Event event);

    /**
     * Starts delivery of the interests. Completes when the server has confirmed: every event appended afterwards is delivered. Joining a
     * joined interest has no effect. On failure none of the interests counts as joined, but events of some may be delivered for a while.
     * Thousands of interests take one exchange with the server.
     */
    CompletionStage<Void> join(Collection<Interest> interests);

    /** Ends delivery of the interests; events in flight may still arrive. Leaving an interest that is not joined has no effect. */
    CompletionStage<Void> leave(Collection<Interest> interests);

    /**
     * Appends an event to the tenant's log and sends it to the interested nodes, atomically: once this answers, the log has the event,
     * with one position for all of its scopes, and it has been sent. If it fails with {@link BrokerUnavailableException} after it was
     * sent, the outcome is unknown; without a connection it fails at once and has no effect.
     *
     * <p>A broadcast with the same {@linkplain Idempotency key or id} and the same set of scopes within {@link BrokerOptions#ID_WINDOW}
     * gets the first position as its answer, if the event is equal, and is delivered once, also across reconnects, while the server keeps
     * its data. With a different event it fails with {@link IdConflictException}. An event that the server cannot carry fails with code
     * {@code too-large}.
     *
     * <p>An event with {@link Event#retain()} becomes, in the same step, the retained event of each of its scopes, until a later one
     * replaces or (with empty data) clears it; retention by count and age does not affect it.
     */
    CompletionStage<Appended> broadcast(Event event, Idempotency by);

    /** Broadcasts with {@link Idempotency#BY_ID}. */
    default CompletionStage<Appended> broadcast(Event event) {
        return broadcast(event, Idempotency.BY_ID);
    }

    /**
     * Broadcasts several events as {@link #broadcast(Event, Idempotency)} does, each with an outcome of its own, and appends those of a
     * tenant in the order of the list. Other events may be appended between them. If the log is restarted meanwhile, those before and those
     * after the restart keep their order.
     *
     * @return the outcome of each, in the order of the list
     */
    default List<CompletionStage<Appended>> broadcastAll(List<Broadcast> broadcasts) {
        List<CompletionStage<Appended>> outcomes = new ArrayList<>(broadcasts.size());
        CompletionStage<?> before = CompletableFuture.completedFuture(null);
        for (Broadcast next : broadcasts) {
            CompletionStage<Appended> outcome =
                    before.handle((x, e) -> next).thenCompose(b -> broadcast(b.event(), b.by()));
            outcomes.add(outcome);
            before = outcome;
        }
        return outcomes;
    }

    /** Counts of requests that append events, where one request may append several; else {@link AppendCounts#NONE}. */
    default AppendCounts appendCounts() {
        return AppendCounts.NONE;
    }

    /**
     * The head of the tenant's log together with the retained events of the scopes, consistent with each other: an event that was
     * retained after {@code head} is not included, and a node that joined the scopes before this call receives it live. At most 2,000
     * scopes. System scopes are read from {@link Tenant#SYSTEM} only.
     */
    CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes);
}
