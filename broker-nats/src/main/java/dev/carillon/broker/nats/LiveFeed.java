package dev.carillon.broker.nats;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Link;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.Message;
import io.nats.client.Subscription;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What comes live in one session. One dispatcher brings all of it, in the order in which the server sent it, which is that of
 * the log; a second one would mix it up.
 *
 * <p>What is sent to several scopes, or retained, comes to every node with an interest in the tenant: what this one has none in
 * ends here, and the links leave it out.
 */
final class LiveFeed {
    private final NatsChannel channel;
    /** Guarded by this: the dispatcher's thread writes, who compares heads reads. */
    private final Map<Chain, Seen> shared = new HashMap<>();

    /**
     * The last message of a shared chain.
     *
     * @param received its sequence
     * @param handed the last event that was handed over up to it; null: none in this session
     * @param base what the first one named as the one before it
     */
    private record Seen(long received, @Nullable Position handed, long base) {
        long lastHanded() {
            return handed == null ? base : handed.sequence();
        }
    }

    LiveFeed(NatsChannel channel) {
        this.channel = channel;
    }

    /** On the dispatcher's thread. */
    void take(Message message) {
        Stored stored = Stored.ofHeaders(message);
        Event event;
        try {
            event = EventWire.decode(stored.data()).event();
        } catch (EventWire.MalformedException e) {
            NatsLog.report(stored, e);
            return;
        }
        Position at = stored.position();
        Tenant tenant = event.tenant();
        String key = Subjects.lastToken(stored.subject());
        Subscription subscription = message.getSubscription();
        boolean all = subscription != null && subscription.getSubject().endsWith("." + Subjects.ALL);
        NatsSession session = channel.session(this);
        if (key.equals(Subjects.KEPT) && session != null) {
            session.retained().noticed(tenant, at);
        }
        if (all) {
            if (channel.joined(Interest.all(tenant))) {
                // A stream numbers without a gap.
                hand(event, at, new Link(new Chain(tenant, Subjects.ALL), at.sequence() - 1));
            }
            return;
        }
        boolean wanted = wanted(event);
        long previous = stored.previous();
        Chain chain = new Chain(tenant, key);
        if (key.equals(Subjects.MULTI) || key.equals(Subjects.KEPT)) {
            previous = see(chain, at, previous, wanted);
        }
        if (wanted) {
            hand(event, at, new Link(chain, previous));
        }
    }

    private boolean wanted(Event event) {
        for (Scope scope : event.scopes()) {
            if (channel.joined(Interest.in(event.tenant(), scope))) {
                return true;
            }
        }
        return false;
    }

    private void hand(Event event, Position at, Link link) {
        channel.hand(this, new Live(event, at, List.of(link)));
    }

    /** The one before it, leaving out what was not handed over; what was not received at all stays visible. */
    private synchronized long see(Chain chain, Position at, long previous, boolean handed) {
        Seen seen = shared.get(chain);
        Seen before = seen != null && previous == seen.received() ? seen : new Seen(previous, null, previous);
        long shown = before.lastHanded();
        shared.put(chain, new Seen(at.sequence(), handed ? at : before.handed(), shown));
        return shown;
    }

    /**
     * Of a head of a shared chain: the last event up to it that concerns this node, where all up to it was received. Empty: the
     * head itself.
     */
    synchronized Optional<Position> narrowed(Chain chain, Position head) {
        Seen seen = shared.get(chain);
        return seen == null || seen.received() != head.sequence()
                ? Optional.empty()
                : Optional.ofNullable(seen.handed());
    }

    static boolean isShared(Chain chain) {
        return Set.of(Subjects.MULTI, Subjects.KEPT).contains(chain.name());
    }
}
