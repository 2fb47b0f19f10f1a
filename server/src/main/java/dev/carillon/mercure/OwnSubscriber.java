package dev.carillon.mercure;

import dev.carillon.broker.Store;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A subscriber that is connected to this node, and what the cluster was told of it.
 *
 * <p>Thread-safe. It does one thing at a time: who does something takes it first ({@link #take}) and gives it back ({@link #giveBack}).
 * What failed is done again by {@link #keep}, which ends where it is listed and announced in its present life.
 */
final class OwnSubscriber {
    private static final int NEVER = -1;

    private final Subscriber subscriber;
    private final long address;
    private final SubscriptionRecord.Owner self;
    private final SubscriptionStore store;
    private final Announcements announcements;

    // Below: guarded by this.
    private boolean taken;
    private boolean ended;
    private int life;
    private int announcedLife = NEVER;
    /** Of what is in the store; {@link Store#ABSENT}: not known. */
    private long revision = Store.ABSENT;

    private boolean tried;
    private boolean admitted;
    private long triedNanos;

    OwnSubscriber(
            Subscriber subscriber,
            long address,
            SubscriptionRecord.Owner self,
            SubscriptionStore store,
            Announcements announcements) {
        this.subscriber = subscriber;
        this.address = address;
        this.self = self;
        this.store = store;
        this.announcements = announcements;
    }

    Subscriber subscriber() {
        return subscriber;
    }

    /** Stands for the client's. */
    long address() {
        return address;
    }

    /** Whether its pace lets it be listed and announced. */
    synchronized boolean isAdmitted() {
        return admitted;
    }

    synchronized void admit() {
        admitted = true;
    }

    /** It is listed and announced by a later {@link #keep}. */
    synchronized void defer(long nowNanos) {
        triedNanos = nowNanos;
    }

    synchronized SubscriptionRecord subscription() {
        return SubscriptionRecord.active(subscriber, self, life);
    }

    /** False: somebody has it. */
    synchronized boolean take() {
        if (taken) {
            return false;
        }
        taken = true;
        return true;
    }

    /** Answers whether it ended meanwhile: then it stays taken, for whoever gave it back, to end it. */
    synchronized boolean giveBack() {
        taken = ended;
        return ended;
    }

    /** Answers whether the caller has it now, to end it; else whoever gives it back has to. */
    synchronized boolean end() {
        ended = true;
        return take();
    }

    private synchronized boolean hasEnded() {
        return ended;
    }

    /** Whether it was ever given to the store. */
    synchronized boolean tried() {
        return tried;
    }

    synchronized long revision() {
        return revision;
    }

    /** Whether {@link #keep} has something to do: soon where something is not done yet, else when the value has to be renewed. */
    synchronized boolean isDue(long nowNanos, long retryNanos) {
        boolean settled = revision != Store.ABSENT && announcedLife == life;
        return !taken && nowNanos - triedNanos >= (settled ? SubscriptionStore.RENEW.toNanos() : retryNanos);
    }

    /** Lists it and announces it; nothing where it ended before that. */
    CompletionStage<Void> start(long nowNanos) {
        if (hasEnded()) {
            return done();
        }
        synchronized (this) {
            triedNanos = nowNanos;
        }
        return store.name(subscriber.tenant())
                .thenCompose(x -> write(Store.ABSENT))
                .thenCompose(written -> written ? announce() : done());
    }

    /** Renews it; lists and announces it anew where somebody took it for ended, or the store lost it. */
    CompletionStage<Void> keep(long nowNanos) {
        long known;
        synchronized (this) {
            triedNanos = nowNanos;
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
                nextLife();
                return write(Store.ABSENT).thenCompose(written -> written ? announce() : done());
            }
            SubscriptionStore.Stored stored = found.get();
            if (stored.subscription().ending() != null) {
                // Its end is being announced: when that is done it is listed anew.
                return done();
            }
            adopt(stored);
            return announce();
        });
    }

    private CompletionStage<Boolean> write(long expected) {
        SubscriptionRecord subscription;
        synchronized (this) {
            tried = true;
            // Until the answer is here, or for ever where it does not come.
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
            if (announcedLife == subscription.life()) {
                return done();
            }
        }
        return announcements.tell(subscription, true).thenRun(() -> {
            synchronized (this) {
                announcedLife = subscription.life();
            }
        });
    }

    /** Its updates are other ones then: those of the life before may have been announced, and its end. */
    private synchronized void nextLife() {
        if (tried) {
            life++;
        }
    }

    /** What was written although no answer came. */
    private synchronized void adopt(SubscriptionStore.Stored stored) {
        revision = stored.revision();
        life = stored.subscription().life();
    }

    private static CompletionStage<Void> done() {
        return CompletableFuture.completedFuture(null);
    }
}
