package dev.carillon.spring;

import dev.carillon.client.ClientException;
import dev.carillon.client.Feed;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which topics the connection has, and how many emitters use each. Topics that no emitter uses any more stay for a while, as clients reconnect: the last ones. The
 * lock is held while the connection changes, so that a topic is not removed while another emitter begins to use it. Thread-safe; calls block.
 */
final class TopicUse {
    /** The limit of a connection is 1,100 scopes. */
    static final int MAX_TOPICS = 1_000;

    private static final int MAX_IDLE = 100;

    private final Feed feed;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<String, Integer> users = new HashMap<>();
    private final Set<String> idle = new LinkedHashSet<>();

    TopicUse(Feed feed) {
        this.feed = feed;
    }

    /**
     * Begins to use topics.
     *
     * @throws ClientException the connection cannot add them
     * @throws RejectedExecutionException there are too many
     */
    void acquire(Collection<String> topics) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long added =
                    topics.stream().filter(topic -> !users.containsKey(topic)).count();
            if (users.size() + added > MAX_TOPICS) {
                throw new RejectedExecutionException(
                        "the emitters of this instance have more than " + MAX_TOPICS + " topics");
            }
            trim(MAX_TOPICS - (int) added);
            feed.subscribe(topics);
            topics.forEach(topic -> {
                users.merge(topic, 1, Integer::sum);
                idle.remove(topic);
            });
        } finally {
            lock.unlock();
        }
    }

    void release(Collection<String> topics) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            for (String topic : topics) {
                if (users.merge(topic, -1, Integer::sum) == 0) {
                    users.remove(topic);
                    idle.add(topic);
                }
            }
            if (idle.size() > MAX_IDLE) {
                remove(idle.size() - MAX_IDLE / 2);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Removes idle topics, so that at most this number is left in all. */
    private void trim(int most) throws InterruptedException {
        int tooMany = users.size() + idle.size() - most;
        if (tooMany > 0) {
            remove(Math.min(tooMany, idle.size()));
        }
    }

    private void remove(int number) throws InterruptedException {
        List<String> oldest = new ArrayList<>(idle).subList(0, number);
        oldest.forEach(idle::remove);
        try {
            feed.unsubscribe(oldest);
        } catch (ClientException e) {
            // The connection has ended; the next one removes them.
        }
    }
}
