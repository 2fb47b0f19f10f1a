package dev.carillon.spring;

import dev.carillon.client.CarillonClient;
import dev.carillon.client.ClientException;
import dev.carillon.client.Feed;
import dev.carillon.client.FeedEvent;
import dev.carillon.client.FeedListener;
import dev.carillon.client.Gap;
import dev.carillon.client.HistoryPage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to the cluster, and the emitters by topic. Emitters are added on the thread of the connection, between two events, so that each has a known
 * position. Emitters that open at the same time share one exchange with the node.
 */
final class EmitterHub implements FeedListener, EventSource {
    private static final Logger LOGGER = LoggerFactory.getLogger(EmitterHub.class);
    private static final int PAGE = 500;
    private static final int MAX_READS = 16;
    private static final String TOPIC = "topic:";
    private static final Set<String> ALL = Set.of("global", "system");

    private final CarillonClient client;
    private final Feed feed;
    private final TopicUse topics;
    private final Semaphore reads = new Semaphore(MAX_READS);
    private final AtomicBoolean failing = new AtomicBoolean();

    /** Held during one exchange with the node. */
    private final ReentrantLock marking = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<String, Set<LiveEmitter>> byTopic = new HashMap<>();
    private final Set<LiveEmitter> emitters = new LinkedHashSet<>();
    /** Emitters that wait for their position. */
    private final Map<LiveEmitter, Position> waiting = new HashMap<>();

    /** Of one or more emitters; after the exchange it has a cursor or a failure. */
    private static final class Position {
        private String cursor = "";
    }

    EmitterHub(CarillonClient client) {
        this.client = client;
        this.feed = client.feed(this);
        this.topics = new TopicUse(feed);
    }

    boolean isConnected() {
        return feed.isConnected();
    }

    void close() {
        feed.close();
    }

    @Override
    public String join(LiveEmitter emitter) throws InterruptedException {
        topics.acquire(emitter.topics());
        Position position = new Position();
        locked(() -> waiting.put(emitter, position));
        marking.lockInterruptibly();
        try {
            // Otherwise another emitter has done it for this one.
            if (position.cursor.isEmpty()) {
                String _ = feed.mark(this::addWaiting);
            }
            return position.cursor;
        } catch (ClientException | InterruptedException e) {
            leave(emitter);
            throw e;
        } finally {
            marking.unlock();
        }
    }

    /** On the thread of the connection. */
    private void addWaiting(String cursor) {
        locked(() -> {
            waiting.forEach((emitter, position) -> {
                position.cursor = cursor;
                emitters.add(emitter);
                emitter.topics()
                        .forEach(topic -> byTopic.computeIfAbsent(topic, x -> new LinkedHashSet<>())
                                .add(emitter));
            });
            waiting.clear();
        });
    }

    @Override
    public HistoryPage history(List<String> scopes, String after) throws InterruptedException {
        reads.acquire();
        try {
            return client.history(scopes, after, PAGE);
        } finally {
            reads.release();
        }
    }

    @Override
    public void leave(LiveEmitter emitter) {
        boolean[] joined = {false};
        locked(() -> {
            boolean waited = waiting.remove(emitter) != null;
            joined[0] = emitters.remove(emitter) || waited;
            for (String topic : emitter.topics()) {
                byTopic.computeIfPresent(topic, (x, of) -> {
                    of.remove(emitter);
                    return of.isEmpty() ? null : of;
                });
            }
        });
        if (joined[0]) {
            try {
                topics.release(emitter.topics());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Ends all emitters. */
    void endAll(String reason) {
        all().forEach(emitter -> emitter.end(reason));
    }

    private List<LiveEmitter> all() {
        List<LiveEmitter> all = new ArrayList<>();
        locked(() -> all.addAll(emitters));
        return all;
    }

    @Override
    public void event(FeedEvent event) {
        locked(() -> audience(event.scopes()).forEach(emitter -> emitter.add(event)));
    }

    private Collection<LiveEmitter> audience(List<String> scopes) {
        if (scopes.stream().anyMatch(ALL::contains)) {
            return emitters;
        }
        Set<LiveEmitter> audience = new LinkedHashSet<>();
        for (String scope : scopes) {
            if (scope.startsWith(TOPIC)) {
                audience.addAll(byTopic.getOrDefault(scope.substring(TOPIC.length()), Set.of()));
            }
        }
        return audience;
    }

    @Override
    public void gap(Gap gap) {
        locked(() -> emitters.forEach(emitter -> emitter.add(gap)));
    }

    @Override
    public void withdrawn(List<String> scopes) {
        locked(() -> audience(scopes).forEach(emitter -> emitter.end("revoked")));
    }

    @Override
    public void opened() {
        if (failing.getAndSet(false)) {
            LOGGER.info("the connection of the emitters to the cluster is open again");
        }
    }

    @Override
    public void failed(ClientException reason) {
        if (!failing.getAndSet(true)) {
            LOGGER.atWarn()
                    .addKeyValue("reason", reason.code())
                    .log("the emitters have no connection to the cluster: {}", reason.getMessage());
        }
    }

    private void locked(Runnable task) {
        lock.lock();
        try {
            task.run();
        } finally {
            lock.unlock();
        }
    }
}
