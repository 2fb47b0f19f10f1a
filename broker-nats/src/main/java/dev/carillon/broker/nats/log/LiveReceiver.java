package dev.carillon.broker.nats.log;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Link;
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
 * What comes live in one session. One dispatcher brings all of it, in the order in which the server sent it, which is that of
 * the log; a second one would mix it up.
 *
 * <p>What is sent to several scopes, or retained, comes to every node with an interest in the tenant: what this one has none in
 * ends here.
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
    public void take(Message message) {
        try {
            StoredMessage stored = StoredMessage.ofHeaders(message);
            take(message, stored, stored.event(), stored.position(), stored.previous());
        } catch (UnreadableException e) {
            // The next event of its chain names it as the one before: reading the log then finds it unreadable, and
            // tells a gap.
            LOGGER.atError()
                    .addKeyValue("subject", message.getSubject())
                    .addKeyValue("reason", e.getMessage())
                    .log("left out what is no event");
        }
    }

    private void take(Message message, StoredMessage stored, Event event, Position at, long last) {
        Tenant tenant = event.tenant();
        String key = Subjects.lastToken(stored.subject());
        Subscription subscription = message.getSubscription();
        boolean all = subscription != null && subscription.getSubject().endsWith("." + Subjects.ALL);
        LogSession session = channel.session(this);
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
        long previous = last;
        Chain chain = new Chain(tenant, key);
        if (SharedChains.isShared(key)) {
            previous = shared.see(chain, at, previous, wanted);
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
}
