package dev.carillon.mercure;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends subscriptions, once: of those who want to end the same, the one does that can mark the value as ending by itself. It announces
 * the ends and removes the value. Where it dies between, its mark says so, and another goes on; updates that were announced already
 * have the same ids and are not delivered again. Thread-safe.
 */
final class Endings {
    private static final Logger LOGGER = LoggerFactory.getLogger(Endings.class);

    private final SubscriptionRecord.Owner self;
    private final SubscriptionStore store;
    private final Announcements announcements;
    private final Tasks tasks;
    /** Ids of subscribers; no more than tasks. */
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();

    Endings(SubscriptionRecord.Owner self, SubscriptionStore store, Announcements announcements, Tasks tasks) {
        this.self = self;
        this.store = store;
        this.announcements = announcements;
        this.tasks = tasks;
    }

    /** False: there is no room for it now. What fails stays in the store, and is found there again. */
    boolean begin(SubscriptionRecord subscription, long revision) {
        String id = subscription.subscriber().id();
        if (!underWay.add(id)) {
            return true;
        }
        boolean taken = tasks.offer(() -> end(subscription, revision).whenComplete((x, e) -> {
            underWay.remove(id);
            if (e != null) {
                LOGGER.atDebug().log("the end of a subscription was not announced yet: {}", e.getMessage());
            }
        }));
        if (!taken) {
            underWay.remove(id);
        }
        return taken;
    }

    private CompletionStage<Void> end(SubscriptionRecord subscription, long revision) {
        SubscriptionRecord ending = subscription.endedBy(self);
        return store.put(ending, revision)
                .thenCompose(marked -> marked.isEmpty()
                        ? CompletableFuture.<Void>completedFuture(null)
                        : finish(ending, marked.get()));
    }

    private CompletionStage<Void> finish(SubscriptionRecord ending, long revision) {
        return announcements
                .tell(ending, false)
                .thenCompose(x -> store.remove(ending.subscriber(), revision))
                .thenAccept(removed -> {});
    }
}
