package dev.carillon.subscriptions;

import dev.carillon.limits.TaskQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes subscribers from the store and announces the end of their subscriptions, once in the cluster: the node that marks the record as
 * ending (compare-and-set) announces the end and then removes the record. If that node fails in between, the mark names it and another node
 * takes over. Announcements that were sent before have the same ids and are not delivered again. Thread-safe.
 */
final class SubscriptionRemoval {
    private static final Logger LOGGER = LoggerFactory.getLogger(SubscriptionRemoval.class);

    private final SubscriptionRecord.Owner self;
    private final SubscriptionStore store;
    private final SubscriptionAnnouncer announcer;
    private final TaskQueue tasks;
    /** Ids of subscribers; bounded by the queue of tasks. */
    private final Set<String> inProgress = ConcurrentHashMap.newKeySet();

    SubscriptionRemoval(
            SubscriptionRecord.Owner self, SubscriptionStore store, SubscriptionAnnouncer announcer, TaskQueue tasks) {
        this.self = self;
        this.store = store;
        this.announcer = announcer;
        this.tasks = tasks;
    }

    /**
     * Starts to remove a subscriber. After a failure its record stays in the store, where a later sweep finds it.
     *
     * @return false when the queue is full and nothing was started
     */
    boolean start(SubscriptionRecord subscription, long revision) {
        String id = subscription.subscriber().id();
        if (!inProgress.add(id)) {
            return true;
        }
        boolean queued = tasks.offer(() -> remove(subscription, revision).whenComplete((x, e) -> {
            inProgress.remove(id);
            if (e != null) {
                LOGGER.atDebug().log("the end of a subscription could not be announced yet: {}", e.getMessage());
            }
        }));
        if (!queued) {
            inProgress.remove(id);
        }
        return queued;
    }

    private CompletionStage<Void> remove(SubscriptionRecord subscription, long revision) {
        SubscriptionRecord ending = subscription.endedBy(self);
        return store.put(ending, revision)
                .thenCompose(marked -> marked.isEmpty()
                        ? CompletableFuture.<Void>completedFuture(null)
                        : finish(ending, marked.get()));
    }

    private CompletionStage<Void> finish(SubscriptionRecord ending, long revision) {
        return announcer
                .announce(ending.subscriber(), ending.incarnation(), false)
                .thenCompose(x -> store.remove(ending.subscriber(), revision))
                .thenAccept(removed -> {});
    }
}
