package dev.carillon.client;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The topics of a feed. Those that are removed while there is no connection stay until the next one has a position that is none of theirs: the last event may be
 * one of them, by whose id a connection without them cannot resume. Thread-safe.
 */
final class FeedTopics {
    /** The limit of a node. */
    private static final int MAX_IN_MESSAGE = 1_000;
    /** With missed events. */
    private static final Duration MISSED_PATIENCE = Duration.ofMinutes(10);

    /** Of this connection and of the next one. */
    private final Set<String> all = ConcurrentHashMap.newKeySet();
    /** Those of them that are to be removed. */
    private final Set<String> leaving = ConcurrentHashMap.newKeySet();

    /** Held while the node is asked for a change. */
    private final ReentrantLock changing = new ReentrantLock();

    /** Those with which a connection begins. */
    List<String> all() {
        return List.copyOf(all);
    }

    /** One change at a time. */
    void change(FeedSocket.Change change) throws InterruptedException {
        changing.lockInterruptibly();
        try {
            change.run();
        } finally {
            changing.unlock();
        }
    }

    /** Those that are to be added. During a {@link #change}. */
    List<String> missing(Collection<String> added) {
        leaving.removeAll(List.copyOf(added));
        return added.stream().distinct().filter(topic -> !all.contains(topic)).toList();
    }

    void add(Collection<String> added) {
        all.addAll(added);
    }

    void leave(Collection<String> removed) {
        removed.stream().filter(all::contains).forEach(leaving::add);
    }

    boolean isAnyLeaving() {
        return !leaving.isEmpty();
    }

    /**
     * Removes those that are to be removed. During a {@link #change}. If that fails, the connection is closed, and the next one begins with them.
     *
     * @param mark gives the feed a position without them
     */
    void remove(FeedSocket socket, FeedSocket.Change mark) throws InterruptedException {
        List<String> removed = List.copyOf(leaving);
        if (removed.isEmpty()) {
            return;
        }
        try {
            socket.unsubscribe(removed);
            mark.run();
        } catch (ClientException e) {
            socket.close();
            throw e;
        }
        forget(removed);
    }

    /** @param scopes that the connection does not have any more */
    void withdraw(List<String> scopes) {
        forget(all.stream().filter(topic -> scopes.contains("topic:" + topic)).toList());
    }

    private void forget(Collection<String> removed) {
        removed.forEach(all::remove);
        removed.forEach(leaving::remove);
    }

    /**
     * Adds all topics to a connection that began without them, because they are too many for an address.
     *
     * @param joined runs on the thread that reads, when the missed events of all have arrived
     */
    void rejoin(FeedSocket socket, FeedPosition position, Timing timing, Runnable joined) throws InterruptedException {
        List<String> topics = List.copyOf(all);
        for (int start = 0; start < topics.size(); start += MAX_IN_MESSAGE) {
            List<String> part = topics.subList(start, Math.min(topics.size(), start + MAX_IN_MESSAGE));
            socket.subscribe(part, position.value(), reply -> {});
        }
        String _ = socket.mark(
                cursor -> {
                    position.release(cursor);
                    joined.run();
                },
                timing,
                MISSED_PATIENCE);
    }
}
