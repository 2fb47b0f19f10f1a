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
 * The channels that this node listens to, over all sessions.
 *
 * <p>Two locks, as receivers may call {@link #subscribe} while they hold locks of their own: {@link #delivery} is held while a
 * receiver runs and guards which session may deliver, {@link #table} is never held while foreign code runs.
 */
final class Subscriptions {
    private static final Logger LOGGER = LoggerFactory.getLogger(Subscriptions.class);

    private static final class Subscription {
        final Consumer<byte[]> receiver;
        /** How many calls wait for confirmation. Guarded by {@link #table}. */
        int waiting;
        /** Whether it is to be restored in later sessions. Guarded by {@link #table}. */
        boolean confirmed;

        Subscription(Consumer<byte[]> receiver) {
            this.receiver = receiver;
        }
    }

    /** Read without a lock; changed under {@link #table}. */
    private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>();

    private final ReentrantLock table = new ReentrantLock();
    /** The session on which all confirmed channels are, or are being restored. Guarded by {@link #table}. */
    private @Nullable Session current;

    private final ReentrantLock delivery = new ReentrantLock();
    /** Guarded by {@link #delivery}. */
    private @Nullable Session feeding;

    /**
     * Completes when the server has confirmed; on failure what was not subscribed before is not now. What is subscribed already
     * keeps its receiver and is confirmed once more.
     */
    CompletionStage<Void> subscribe(Session session, Map<String, Consumer<byte[]>> receivers) {
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

    /**
     * Nothing is delivered any more, at once, nor restored. Where there is no session (null), or it ends meanwhile, there is
     * nobody to tell, and that is no failure.
     */
    CompletionStage<Void> unsubscribe(@Nullable Session session, Collection<String> channels) {
        CompletionStage<Void> confirmed = remove(session, channels);
        return confirmed.exceptionallyCompose(e -> session == null || session.ended() != null
                ? CompletableFuture.completedStage(null)
                : CompletableFuture.failedStage(e));
    }

    private CompletionStage<Void> remove(@Nullable Session session, Collection<String> channels) {
        table.lock();
        try {
            List<String> gone = new ArrayList<>();
            for (String channel : channels) {
                if (subscriptions.remove(channel) != null) {
                    gone.add(channel);
                }
            }
            return session == null || gone.isEmpty()
                    ? CompletableFuture.completedStage(null)
                    : session.unsubscribe(gone);
        } finally {
            table.unlock();
        }
    }

    /** Moves all that is confirmed to a new session; the one before it delivers nothing any more. */
    CompletionStage<Void> restore(Session session) {
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

    /** On the session's thread for messages. */
    void deliver(Session from, String channel, byte[] message) {
        Subscription subscription = subscriptions.get(channel);
        if (subscription == null) {
            return;
        }
        delivery.lock();
        try {
            if (from == feeding) {
                subscription.receiver.accept(message);
            }
        } catch (RuntimeException e) {
            // An exception would keep the message from the listeners after this one.
            LOGGER.error("a listener of the broker failed", e);
        } finally {
            delivery.unlock();
        }
    }

    private @Nullable Throwable settle(Session session, Map<String, Subscription> mine, @Nullable Throwable failure) {
        table.lock();
        try {
            // A confirmation by a session that is over says nothing of the one that was restored meanwhile.
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
            return failure != null ? failure : new BrokerUnavailableException("the connection to Redis broke");
        } finally {
            table.unlock();
        }
    }
}
