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
 * Removes from the server what has ended: values whose time is over, and the messages that stand for a removal, once nobody can
 * need them. One node of the cluster at a time does it: a value of the store says that it was done. On a virtual thread.
 */
final class Sweeper implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Sweeper.class);
    private static final Duration EVERY = Duration.ofMinutes(5);
    /** Longer than any exchange that was begun before the removal can still be under way. */
    static final Duration REMOVAL_KEPT = Duration.ofMinutes(10);
    /** A reader reckons the server's clock a little differently. */
    private static final long TOLERANCE_MILLIS = 60_000;

    private static final Store.Key TURN = new Store.Key(Tenant.SYSTEM, "nats-sweep", "turn");

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
            while (!closed.await(pauseMillis(), TimeUnit.MILLISECONDS)) {
                sweepIfItIsTime();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nodes that started together do not ask together. */
    private long pauseMillis() {
        return EVERY.toMillis() / 2 + platform.random().nextLong(EVERY.toMillis());
    }

    private void sweepIfItIsTime() {
        try {
            boolean turn = store.put(TURN, new byte[0], Store.ABSENT, EVERY)
                    .toCompletableFuture()
                    .join()
                    .isPresent();
            if (turn) {
                sweep(link.session(), link.clock().nowMillis());
            }
        } catch (RuntimeException e) {
            // Whatever it is, the next turn may go well.
            LOGGER.debug("did not sweep this time", e);
        }
    }

    /** Blocks. Answers with how many messages were removed. */
    static int sweep(NatsSession session, long nowMillis) {
        long kept = nowMillis - REMOVAL_KEPT.toMillis();
        int swept = sweep(
                session,
                Subjects.STORE,
                stored -> StoredValue.isRemoval(stored)
                        ? stored.atMillis() < kept
                        : StoredValue.ttl(stored) > 0
                                && stored.atMillis() + StoredValue.ttl(stored) + TOLERANCE_MILLIS < nowMillis);
        NatsApi api = session.api();
        for (String stream : api.await(api.streams(Subjects.retainedOfEveryTenant()))) {
            swept += sweep(
                    session,
                    stream,
                    stored -> stored.header(RetainedEvents.CLEARED) != null && stored.atMillis() < kept);
        }
        return swept;
    }

    private static int sweep(NatsSession session, String stream, Predicate<StoredMessage> ended) {
        NatsApi api = session.api();
        int[] swept = new int[1];
        new StreamScan(stream, List.of(), true).from(1, session, stored -> {
            if (isEnded(stored, ended)) {
                // By sequence: what was put since has another.
                boolean gone = api.await(api.delete(stream, stored.sequence()));
                swept[0] += gone ? 1 : 0;
            }
            return session.alive();
        });
        return swept[0];
    }

    /** What cannot be read is left, and does not keep what comes after it. */
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
