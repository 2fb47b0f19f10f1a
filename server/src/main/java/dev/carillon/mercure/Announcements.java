package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Channel;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells those who may know it that subscriptions start and end: a private update for each topic selector of a subscriber. Its id follows
 * from what it tells, so that the same is told once, by however many nodes and attempts.
 *
 * @param channel on which they go out
 */
record Announcements(Channel channel) {
    private static final Logger LOGGER = LoggerFactory.getLogger(Announcements.class);
    private static final Set<ErrorCode> RETRIED = EnumSet.of(ErrorCode.BROKER_UNAVAILABLE, ErrorCode.OVERLOADED);

    /**
     * Tells it of all selectors, one after the other; of one so long that the subscription's id is no name of a scope, nothing. Fails as
     * {@link Channel#broadcast} does; then it can be called again.
     */
    CompletionStage<Void> tell(SubscriptionRecord subscription, boolean active) {
        Subscriber subscriber = subscription.subscriber();
        CompletionStage<Void> told = CompletableFuture.completedFuture(null);
        for (String topic : subscriber.topics()) {
            String id = new SubscriptionPath.One(topic, subscriber.id()).text();
            if (Text.utf8Length(id) <= Scope.MAX_NAME_BYTES) {
                told = told.thenCompose(x -> broadcast(Event.announcement(
                        subscriber.tenant(),
                        Scope.topic(id),
                        id(subscription, topic, active),
                        SubscriptionDocuments.update(subscriber, topic, active).toString())));
            }
        }
        return told;
    }

    private CompletionStage<Void> broadcast(Event event) {
        return channel.broadcast(event).<Void>thenApply(appended -> null).exceptionallyCompose(e -> {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof CarillonException known && RETRIED.contains(known.code())) {
                return CompletableFuture.failedFuture(known);
            }
            // Trying again would not end: who knew the subscriber may have taken the id for another event.
            LOGGER.atWarn()
                    .addKeyValue("tenant", event.tenant())
                    .log("a subscription could not be announced: {}", cause.getMessage());
            return CompletableFuture.completedFuture(null);
        });
    }

    private static String id(SubscriptionRecord subscription, String topic, boolean active) {
        String what = subscription.subscriber().id() + " " + subscription.life() + " " + active + " " + topic;
        return "urn:uuid:" + UUID.nameUUIDFromBytes(Text.utf8(what));
    }
}
