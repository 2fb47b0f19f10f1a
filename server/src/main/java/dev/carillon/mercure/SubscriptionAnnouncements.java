package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Channel;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.subscriptions.Subscriber;
import dev.carillon.subscriptions.SubscriptionAnnouncer;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Announces subscriptions as the protocol does (Mercure, section "Subscription Events"): a private update for each topic selector of a
 * subscriber. The update's id is derived from its content, so that clients receive it once, however many nodes and attempts send it.
 *
 * @param channel the channel to broadcast on
 */
public record SubscriptionAnnouncements(Channel channel) implements SubscriptionAnnouncer {
    private static final Logger LOGGER = LoggerFactory.getLogger(SubscriptionAnnouncements.class);
    private static final Set<ErrorCode> RETRIED = EnumSet.of(ErrorCode.BROKER_UNAVAILABLE, ErrorCode.OVERLOADED);

    /** Announces the selectors one after the other, except those for which the subscription's id is too long for a scope. */
    @Override
    public CompletionStage<Void> announce(Subscriber subscriber, int incarnation, boolean active) {
        CompletionStage<Void> announced = CompletableFuture.completedFuture(null);
        for (String topic : subscriber.topics()) {
            String id = new SubscriptionPath.One(topic, subscriber.id()).text();
            if (Text.utf8Length(id) <= Scope.MAX_NAME_BYTES) {
                announced = announced.thenCompose(x -> broadcast(Event.announcement(
                        subscriber.tenant(),
                        Scope.topic(id),
                        eventId(subscriber, incarnation, active, topic),
                        SubscriptionDocuments.update(subscriber, topic, active).toString())));
            }
        }
        return announced;
    }

    private CompletionStage<Void> broadcast(Event event) {
        return channel.broadcast(event).<Void>thenApply(appended -> null).exceptionallyCompose(e -> {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof CarillonException known && RETRIED.contains(known.code())) {
                return CompletableFuture.failedFuture(known);
            }
            // A retry would fail again: a client that knows the subscriber may have used the id for another event.
            LOGGER.atWarn()
                    .addKeyValue("tenant", event.tenant())
                    .log("a subscription could not be announced: {}", cause.getMessage());
            return CompletableFuture.completedFuture(null);
        });
    }

    private static String eventId(Subscriber subscriber, int incarnation, boolean active, String topic) {
        String content = subscriber.id() + " " + incarnation + " " + active + " " + topic;
        return "urn:uuid:" + UUID.nameUUIDFromBytes(Text.utf8(content));
    }
}
