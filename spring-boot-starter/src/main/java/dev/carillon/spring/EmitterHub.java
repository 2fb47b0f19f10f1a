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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to the cluster, and the emitters by topic. Emitters are added on the thread of the connection, between two events, so that each has a known
 * position. Emitters that open at the same time share one exchange with the node.
 */
final class EmitterHub implements FeedListener, EventSource {
    private static final Logger LOGGER = LoggerFactory.getLogger(EmitterHub.class);
    private static final String TOPIC = "topic:";
    private static final Set<String> ALL = Set.of("global", "system");

    private final Feed feed;
    private final TopicUse topics;
    private final HistoryReads reads;
    /** Why there is no connection, as it was logged; empty: there is one, or has not been one yet. */
    private final AtomicReference<String> failing = new AtomicReference<>("");

    /** Held during one exchange with the node. */
    private final ReentrantLock marking = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<String, Set<LiveEmitter>> byTopic = new HashMap<>();
    private final Set<LiveEmitter> emitters = new LinkedHashSet<>();
    /** Emitters whose topics are being added. */
    private final Set<LiveEmitter> joining = new LinkedHashSet<>();
    /** Emitters that wait for their position. */
    private final Map<LiveEmitter, Position> waiting = new HashMap<>();
    /** Why all emitters were ended; null: they were not. */
    private @Nullable String stopped;

    /** Of one or more emitters; after the exchange it has a cursor or a failure. */
    private static final class Position {
        private String cursor = "";
    }

    EmitterHub(CarillonClient client, EmitterRuntime runtime) {
        this.reads = new HistoryReads(client, runtime);
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
        boolean acquired = false;
        Position position = new Position();
        try {
            // From now on it is ended by a withdrawal, and by the end of all.
            begin(emitter);
            topics.acquire(emitter.topics());
            acquired = true;
        } finally {
            boolean waits = acquired;
            locked(() -> {
                joining.remove(emitter);
                if (waits) {
                    waiting.put(emitter, position);
                }
            });
        }
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

    private void begin(LiveEmitter emitter) {
        locked(() -> {
            if (stopped != null) {
                emitter.end(stopped);
                throw new RejectedExecutionException("the application stops");
            }
            joining.add(emitter);
        });
    }

    /** On the thread of the connection. */
    private void addWaiting(String cursor) {
        locked(() -> {
            waiting.forEach((emitter, position) -> {
                // Also if it has ended by now: it leaves when it sees that.
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
        return reads.page(scopes, after);
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

    /** Ends all emitters, and those that would join later. */
    void endAll(String reason) {
        locked(() -> {
            stopped = reason;
            all().forEach(emitter -> emitter.end(reason));
        });
    }

    /** Also those that have no position yet. */
    private List<LiveEmitter> all() {
        List<LiveEmitter> all = new ArrayList<>(emitters);
        all.addAll(joining);
        all.addAll(waiting.keySet());
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
        boolean ofAll = scopes.stream().anyMatch(ALL::contains);
        locked(() -> all().stream()
                .filter(emitter -> ofAll || emitter.topics().stream().anyMatch(topic -> scopes.contains(TOPIC + topic)))
                .forEach(emitter -> emitter.end("revoked")));
    }

    @Override
    public void opened() {
        if (!failing.getAndSet("").isEmpty()) {
            LOGGER.info("the connection of the emitters to the cluster is open again");
        }
    }

    @Override
    public void failed(ClientException reason) {
        if (!failing.getAndSet(reason.code()).equals(reason.code())) {
            boolean refused = reason.status() >= 400 && reason.status() < 500;
            LOGGER.atWarn()
                    .addKeyValue("reason", reason.code())
                    .log(
                            "the emitters have no connection to the cluster: {}{}",
                            reason.getMessage(),
                            refused ? "; is carillon.token valid, and may it read the topics?" : "");
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
