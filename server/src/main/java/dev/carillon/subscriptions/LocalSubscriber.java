package dev.carillon.subscriptions;

import dev.carillon.broker.Store;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A subscriber that is connected to this node, with the state of its record in the store and of its announcements.
 *
 * <p>Thread-safe. One asynchronous operation runs at a time: the caller claims the subscriber first ({@link #claim}) and releases it when
 * the operation has completed ({@link #release}). {@link #renew} repeats failed operations until the subscriber is listed and announced in
 * its current incarnation.
 */
final class LocalSubscriber {
    private static final int NEVER = -1;

    private final Subscriber subscriber;
    private final long address;
    private final SubscriptionRecord.Owner self;
    private final SubscriptionStore store;
    private final SubscriptionAnnouncer announcer;

    // The fields below are guarded by this.
    private boolean claimed;
    private boolean ended;
    private int incarnation;
    private int announcedIncarnation = NEVER;
    /** Revision of the record in the store; {@link Store#ABSENT} when it is unknown. */
    private long revision = Store.ABSENT;

    private boolean writeAttempted;
    private boolean admitted;
    private long attemptNanos;

    LocalSubscriber(
            Subscriber subscriber,
            long address,
            SubscriptionRecord.Owner self,
            SubscriptionStore store,
            SubscriptionAnnouncer announcer) {
        this.subscriber = subscriber;
        this.address = address;
        this.self = self;
        this.store = store;
        this.announcer = announcer;
    }

    Subscriber subscriber() {
        return subscriber;
    }

    /** Key of the client's address, for rate limits. */
    long address() {
        return address;
    }

    /** Whether the announcement rate limit has admitted it. */
    synchronized boolean isAdmitted() {
        return admitted;
    }

    synchronized void admit() {
        admitted = true;
    }

    /** Leaves listing and announcing to a later {@link #renew}. */
    synchronized void defer(long nowNanos) {
        attemptNanos = nowNanos;
    }

    synchronized SubscriptionRecord subscription() {
        return SubscriptionRecord.active(subscriber, self, incarnation);
    }

    /** @return false when another operation holds the claim */
    synchronized boolean claim() {
        if (claimed) {
            return false;
        }
        claimed = true;
        return true;
    }

    /** @return whether it ended in the meantime: the caller then keeps the claim and has to end the subscriptions */
    synchronized boolean release() {
        claimed = ended;
        return ended;
    }

    /** @return whether the caller now holds the claim and has to end the subscriptions; else the operation that holds the claim does */
    synchronized boolean end() {
        ended = true;
        return claim();
    }

    private synchronized boolean hasEnded() {
        return ended;
    }

    /** Whether its record may be in the store. */
    synchronized boolean writeAttempted() {
        return writeAttempted;
    }

    synchronized long revision() {
        return revision;
    }

    /** Whether {@link #renew} is due: after {@code retryNanos} when something is incomplete, else when the record has to be renewed. */
    synchronized boolean isDue(long nowNanos, long retryNanos) {
        boolean settled = revision != Store.ABSENT && announcedIncarnation == incarnation;
        return !claimed && nowNanos - attemptNanos >= (settled ? SubscriptionStore.RENEW.toNanos() : retryNanos);
    }

    /** Lists and announces it, unless it has ended already. */
    CompletionStage<Void> start(long nowNanos) {
        if (hasEnded()) {
            return done();
        }
        synchronized (this) {
            attemptNanos = nowNanos;
        }
        return store.name(subscriber.tenant())
                .thenCompose(x -> write(Store.ABSENT))
                .thenCompose(written -> written ? announce() : done());
    }

    /** Renews its record; lists and announces it again if another node removed it or the store lost it. */
    CompletionStage<Void> renew(long nowNanos) {
        long known;
        synchronized (this) {
            attemptNanos = nowNanos;
            known = revision;
        }
        return store.name(subscriber.tenant())
                .thenCompose(x -> known == Store.ABSENT ? CompletableFuture.completedFuture(false) : write(known))
                .thenCompose(written -> written ? announce() : restore());
    }

    private CompletionStage<Void> restore() {
        if (hasEnded()) {
            return done();
        }
        return store.find(subscriber.tenant(), subscriber.id()).thenCompose(found -> {
            if (found.isEmpty()) {
                nextIncarnation();
                return write(Store.ABSENT).thenCompose(written -> written ? announce() : done());
            }
            SubscriptionStore.Stored stored = found.get();
            if (stored.subscription().ending() != null) {
                // Another node is announcing its end. The next renewal lists it again.
                return done();
            }
            adopt(stored);
            return announce();
        });
    }

    private CompletionStage<Boolean> write(long expected) {
        SubscriptionRecord subscription;
        synchronized (this) {
            writeAttempted = true;
            // Unknown until the store answers, and for good if it does not.
            revision = Store.ABSENT;
            subscription = subscription();
        }
        return store.put(subscription, expected).thenApply(written -> {
            synchronized (this) {
                revision = written.orElse(Store.ABSENT);
            }
            return written.isPresent();
        });
    }

    private CompletionStage<Void> announce() {
        SubscriptionRecord subscription = subscription();
        synchronized (this) {
            if (announcedIncarnation == subscription.incarnation()) {
                return done();
            }
        }
        return announcer.announce(subscriber, subscription.incarnation(), true).thenRun(() -> {
            synchronized (this) {
                announcedIncarnation = subscription.incarnation();
            }
        });
    }

    /** A new incarnation has new announcement ids: the start and end of the previous one may have been announced. */
    private synchronized void nextIncarnation() {
        if (writeAttempted) {
            incarnation++;
        }
    }

    /** Takes over the state of a record that was written although the store did not answer. */
    private synchronized void adopt(SubscriptionStore.Stored stored) {
        revision = stored.revision();
        incarnation = stored.subscription().incarnation();
    }

    private static CompletionStage<Void> done() {
        return CompletableFuture.completedFuture(null);
    }
}
