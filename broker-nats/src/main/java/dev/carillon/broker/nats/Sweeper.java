package dev.carillon.broker.nats;

import dev.carillon.base.Platform;
import dev.carillon.broker.Store;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.NatsLink;
import dev.carillon.broker.nats.connection.NatsSession;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.StreamScan;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.broker.nats.log.RetainedEvents;
import dev.carillon.broker.nats.store.StoredValue;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes ended entries from the server: expired values, and tombstones that no exchange can need any more. One node of the cluster at a
 * time sweeps: a value of the store is the lock. Runs on a virtual thread.
 */
final class Sweeper implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Sweeper.class);
    private static final Duration INTERVAL = Duration.ofMinutes(5);
    /** Longer than an exchange that started before the removal can take. */
    static final Duration TOMBSTONE_RETENTION = Duration.ofMinutes(10);
    /** Readers estimate the server's clock with a small error. */
    private static final long TOLERANCE_MILLIS = 60_000;

    private static final Store.Key LOCK = new Store.Key(Tenant.SYSTEM, "nats-sweep", "turn");

    private final NatsLink<?> link;
    private final Store store;
    private final Platform platform;
    private final CountDownLatch closed = new CountDownLatch(1);

    Sweeper(NatsLink<?> link, Store store, Platform platform) {
        this.link = link;
        this.store = store;
        this.platform = platform;
    }

    void start() {
        platform.threads().blocking("carillon-nats-sweeper", this::run).start();
    }

    private void run() {
        try {
            while (!closed.await(delayMillis(), TimeUnit.MILLISECONDS)) {
                sweepIfDue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Random, so that nodes that started together do not sweep together. */
    private long delayMillis() {
        return INTERVAL.toMillis() / 2 + platform.random().nextLong(INTERVAL.toMillis());
    }

    private void sweepIfDue() {
        try {
            boolean turn = store.put(LOCK, new byte[0], Store.ABSENT, INTERVAL)
                    .toCompletableFuture()
                    .join()
                    .isPresent();
            if (turn) {
                sweep(link.session(), link.clock().nowMillis());
            }
        } catch (RuntimeException e) {
            // The next run may succeed, whatever the failure was.
            LOGGER.debug("sweeping failed; the next run tries again", e);
        }
    }

    /** Sweeps once; blocks. Returns the number of removed messages. */
    static int sweep(NatsSession session, long nowMillis) {
        long tombstoneDeadline = nowMillis - TOMBSTONE_RETENTION.toMillis();
        int swept = sweep(
                session,
                Subjects.STORE,
                stored -> StoredValue.isRemoval(stored)
                        ? stored.atMillis() < tombstoneDeadline
                        : StoredValue.ttl(stored) > 0
                                && stored.atMillis() + StoredValue.ttl(stored) + TOLERANCE_MILLIS < nowMillis);
        NatsApi api = session.api();
        for (String stream : api.await(api.streams(Subjects.retainedOfEveryTenant()))) {
            swept += sweep(
                    session,
                    stream,
                    stored -> stored.header(RetainedEvents.CLEARED) != null && stored.atMillis() < tombstoneDeadline);
        }
        return swept;
    }

    private static int sweep(NatsSession session, String stream, Predicate<StoredMessage> ended) {
        NatsApi api = session.api();
        int[] swept = new int[1];
        new StreamScan(stream, List.of(), true).from(1, session, stored -> {
            if (isEnded(stored, ended)) {
                // Deletes by sequence, which a later put of the same key does not have.
                boolean deleted = api.await(api.delete(stream, stored.sequence()));
                swept[0] += deleted ? 1 : 0;
            }
            return session.alive();
        });
        return swept[0];
    }

    /** An unreadable message is kept, and does not stop the sweep. */
    private static boolean isEnded(StoredMessage stored, Predicate<StoredMessage> ended) {
        try {
            return ended.test(stored);
        } catch (UnreadableException e) {
            return false;
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
