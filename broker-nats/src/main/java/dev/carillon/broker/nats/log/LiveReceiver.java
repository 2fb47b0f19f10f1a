package dev.carillon.broker.nats.log;

import dev.carillon.broker.Chain;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.Message;
import io.nats.client.Subscription;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the live events of one session. A single dispatcher delivers them, in the server's sending order, which is the order of the
 * log; a second dispatcher would mix it up.
 *
 * <p>Every node with an interest in the tenant receives the events with several scopes and the retained events; those without an interest
 * of this node end here.
 */
public final class LiveReceiver {
    private static final Logger LOGGER = LoggerFactory.getLogger(LiveReceiver.class);

    private final NatsChannel channel;
    private final SharedChains shared;

    LiveReceiver(NatsChannel channel, SharedChains shared) {
        this.channel = channel;
        this.shared = shared;
    }

    /** On the dispatcher's thread. */
    public void receive(Message message) {
        try {
            StoredMessage stored = StoredMessage.ofHeaders(message);
            receive(message, stored, stored.event(), stored.position(), stored.previous());
        } catch (UnreadableException e) {
            // The next event of its chain names this one as its predecessor: reading the log then finds it unreadable,
            // and
            // clients receive a gap.
            LOGGER.atError()
                    .addKeyValue("subject", message.getSubject())
                    .addKeyValue("reason", e.getMessage())
                    .log("skipped a live message that is not an event");
        }
    }

    private void receive(Message message, StoredMessage stored, Event event, Position at, long last) {
        Tenant tenant = event.tenant();
        String key = Subjects.lastToken(stored.subject());
        Subscription subscription = message.getSubscription();
        boolean wholeTenant = subscription != null && subscription.getSubject().endsWith("." + Subjects.ALL);
        LogSession session = channel.session(this);
        if (session == null) {
            channel.lastSeen().note(tenant, at);
        } else if (channel.lastSeen().received(tenant, at)) {
            session.check(tenant);
        }
        if (key.equals(Subjects.RETAINED) && session != null) {
            session.retained().seen(tenant, at);
        }
        if (wholeTenant) {
            if (channel.joined(Interest.all(tenant))) {
                // The sequences of a stream have no gaps.
                deliver(event, at, new ChainLink(new Chain(tenant, Subjects.ALL), at.sequence() - 1));
            }
            return;
        }
        boolean joined = isJoined(event);
        long previous = last;
        Chain chain = new Chain(tenant, key);
        if (SharedChains.isShared(key)) {
            previous = shared.record(chain, at, previous, joined);
        }
        if (joined) {
            deliver(event, at, new ChainLink(chain, previous));
        }
    }

    private boolean isJoined(Event event) {
        for (Scope scope : event.scopes()) {
            if (channel.joined(Interest.in(event.tenant(), scope))) {
                return true;
            }
        }
        return false;
    }

    private void deliver(Event event, Position at, ChainLink link) {
        channel.deliver(this, new Live(event, at, List.of(link)));
    }
}
