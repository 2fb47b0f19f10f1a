package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Live events between nodes.
 *
 * <p><b>Delivery.</b> While the broker is connected, every event of a joined interest is handed to the listener, on every
 * node, one's own events too. It may be handed over more than once (by several of its scopes): its links then differ, and
 * the copies may have other events between them only if these have later positions. An event can get lost on a broken
 * connection: its links, or a comparison of heads, show it.
 *
 * <p><b>Order.</b> The first copies of one tenant's events come in log order, the same on every node. The listener is called
 * by one thread at a time for a tenant.
 *
 * <p><b>Reconnecting.</b> After a lost connection the channel connects again by itself, with back-off and jitter and without
 * end, joins again what was joined, and then raises {@link HealthEvent.Doubt}.
 */
public interface Channel {
    /** How many scopes of a tenant may have a retained event; a broadcast that would be one more fails as overloaded. */
    int MAX_RETAINED = 100_000;

    /**
     * Where events go. Must be called once, before the first join. The listener must not block; an exception from it is
     * logged and disturbs nobody else.
     */
    void listen(Consumer<Live> listener);

    /** The chains in which events of the interest are linked; known without asking the server, the same on every node. */
    Set<Chain> chains(Interest interest);

    /** The chains in which an event is linked, for those who joined one of its scopes, or all of the tenant. */
    Set<Chain> chains(Event event);

    /**
     * Starts delivery of the interests. Completes when the server has confirmed: every event appended afterwards is
     * delivered. Joining what is joined does no harm. On failure nothing of it counts as joined, but some of it may be
     * delivered for a while. Thousands at once are one exchange, not thousands.
     */
    CompletionStage<Void> join(Collection<Interest> interests);

    /** Ends delivery of the interests; what is on its way may still come. Leaving what was not joined does no harm. */
    CompletionStage<Void> leave(Collection<Interest> interests);

    /**
     * Appends to the tenant's log and sends to the nodes with interest, atomically: when this answers, the log has the event,
     * with one position for all of its scopes, and it is on its way. When it fails with {@link BrokerUnavailableException} after it
     * was sent, the outcome is not known; while there is no connection it fails at once and never happens.
     *
     * <p>The same {@linkplain Idempotency key or id} in the same set of scopes, with an equal event within {@link
     * BrokerOptions#ID_WINDOW}, is answered with the first position and delivered once, also after a reconnect, while the data is
     * kept; with another event it fails with {@link IdConflictException}. An event that the server cannot carry fails with code
     * {@code too-large}.
     *
     * <p>An event with {@link Event#retain()} becomes, in the same step, the retained event of each of its scopes, until a
     * later one replaces or (empty data) clears it; retention by count and age does not touch it.
     */
    CompletionStage<Appended> broadcast(Event event, Idempotency by);

    /** The same, by {@link Idempotency#BY_ID}. */
    default CompletionStage<Appended> broadcast(Event event) {
        return broadcast(event, Idempotency.BY_ID);
    }

    /**
     * The head of the tenant's log together with the retained events of the scopes, consistent with each other: an event that
     * was retained after {@code head} is not among them, and for whoever joined the scopes before this call it comes live.
     * At most 2,000 scopes. System scopes are read from {@link Tenant#SYSTEM} only.
     */
    CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes);
}
