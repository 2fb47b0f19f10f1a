package dev.carillon.broker.redis;

import dev.carillon.broker.BrokerUnavailableException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscribed channels of this node, across sessions.
 *
 * <p>There are two locks, because receivers may call {@link #subscribe} while they hold locks of their own: {@link #delivery} is held
 * while a receiver runs and guards the session that may deliver; {@link #table} is never held while foreign code runs.
 */
final class Subscriptions {
    private static final Logger LOGGER = LoggerFactory.getLogger(Subscriptions.class);

    private static final class Subscription {
        final Consumer<byte[]> receiver;
        /** Number of calls that wait for confirmation. Guarded by {@link #table}. */
        int waiting;
        /** Whether later sessions restore it. Guarded by {@link #table}. */
        boolean confirmed;

        Subscription(Consumer<byte[]> receiver) {
            this.receiver = receiver;
        }
    }

    /** Read without a lock, modified under {@link #table}. */
    private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>();

    private final ReentrantLock table = new ReentrantLock();
    /** The session that has all confirmed channels, or is restoring them. Guarded by {@link #table}. */
    private @Nullable RedisSession current;

    private final ReentrantLock delivery = new ReentrantLock();
    /** Guarded by {@link #delivery}. */
    private @Nullable RedisSession feeding;

    /**
     * Completes when the server has confirmed; on failure, channels that were not subscribed before are not subscribed. A subscribed
     * channel keeps its receiver and is confirmed again.
     */
    CompletionStage<Void> subscribe(RedisSession session, Map<String, Consumer<byte[]>> receivers) {
        Map<String, Subscription> mine = HashMap.newHashMap(receivers.size());
        CompletionStage<Void> confirmed;
        table.lock();
        try {
            receivers.forEach((channel, receiver) -> {
                Subscription subscription = subscriptions.computeIfAbsent(channel, c -> new Subscription(receiver));
                subscription.waiting++;
                mine.put(channel, subscription);
            });
            confirmed = session.subscribe(receivers.keySet());
        } finally {
            table.unlock();
        }
        return confirmed
                .handle((x, e) -> settle(session, mine, e))
                .thenCompose(failure -> failure == null
                        ? CompletableFuture.completedStage(null)
                        : CompletableFuture.failedStage(failure));
    }

    /** Stops delivery at once; the channels are not restored. Without a session (null), or if it ends meanwhile, this succeeds. */
    CompletionStage<Void> unsubscribe(@Nullable RedisSession session, Collection<String> channels) {
        CompletionStage<Void> confirmed = remove(session, channels);
        return confirmed.exceptionallyCompose(e -> session == null || session.ended() != null
                ? CompletableFuture.completedStage(null)
                : CompletableFuture.failedStage(e));
    }

    private CompletionStage<Void> remove(@Nullable RedisSession session, Collection<String> channels) {
        table.lock();
        try {
            List<String> removed = new ArrayList<>();
            for (String channel : channels) {
                if (subscriptions.remove(channel) != null) {
                    removed.add(channel);
                }
            }
            return session == null || removed.isEmpty()
                    ? CompletableFuture.completedStage(null)
                    : session.unsubscribe(removed);
        } finally {
            table.unlock();
        }
    }

    /** Restores all confirmed channels in a new session; the previous session no longer delivers. */
    CompletionStage<Void> restore(RedisSession session) {
        delivery.lock();
        try {
            feeding = session;
        } finally {
            delivery.unlock();
        }
        table.lock();
        try {
            current = session;
            List<String> channels = new ArrayList<>();
            subscriptions.forEach((channel, subscription) -> {
                if (subscription.confirmed) {
                    channels.add(channel);
                }
            });
            return session.subscribe(channels);
        } finally {
            table.unlock();
        }
    }

    /** Subscribes those channels that are still in use; completes, as {@link RedisSession#subscribe}, with whether there are any. */
    CompletionStage<Boolean> subscribeAgain(RedisSession session, Collection<String> channels) {
        table.lock();
        try {
            List<String> used =
                    channels.stream().filter(subscriptions::containsKey).toList();
            return used.isEmpty()
                    ? CompletableFuture.completedStage(false)
                    : session.subscribe(used).thenApply(x -> true);
        } finally {
            table.unlock();
        }
    }

    boolean has(String channel) {
        return subscriptions.containsKey(channel);
    }

    /** Returns the session that may deliver, when no receiver runs that was removed before. */
    @Nullable
    RedisSession awaitDelivery() {
        delivery.lock();
        try {
            return feeding;
        } finally {
            delivery.unlock();
        }
    }

    /** Delivers a message. Runs on the session's thread for messages. */
    void deliver(RedisSession from, String channel, byte[] message) {
        delivery.lock();
        try {
            // With the lock: a channel that was removed before awaitDelivery() must not be delivered after it.
            Subscription subscription = subscriptions.get(channel);
            if (subscription != null && from == feeding) {
                subscription.receiver.accept(message);
            }
        } catch (RuntimeException e) {
            // An exception would keep the message from the remaining listeners.
            LOGGER.error("a listener of the broker failed", e);
        } finally {
            delivery.unlock();
        }
    }

    private @Nullable Throwable settle(
            RedisSession session, Map<String, Subscription> mine, @Nullable Throwable failure) {
        table.lock();
        try {
            // The confirmation of an ended session does not apply to the one restored meanwhile.
            boolean good = failure == null && session == current;
            mine.forEach((channel, subscription) -> {
                subscription.waiting--;
                subscription.confirmed |= good;
                if (!subscription.confirmed && subscription.waiting == 0) {
                    subscriptions.remove(channel, subscription);
                }
            });
            if (good) {
                return null;
            }
            return failure != null ? failure : new BrokerUnavailableException("the connection to Redis was lost");
        } finally {
            table.unlock();
        }
    }
}
