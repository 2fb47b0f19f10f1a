package dev.carillon.presence;

import dev.carillon.base.RandomIds;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Store;
import dev.carillon.presence.PresenceRecord.NodeLife;
import dev.carillon.presence.PresenceRecord.Stored;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The transitions of {@link PresenceRecord}. Each may fail at any step and be repeated by any node. Thread-safe; never blocks. */
final class PresenceRecords {
    private static final int MAX_ATTEMPTS = 20;

    private final PresenceStore store;
    private final PresenceAnnouncements announcements;
    private final NodeLife self;
    private final SecureRandom random;

    PresenceRecords(PresenceStore store, PresenceAnnouncements announcements, NodeLife self, SecureRandom random) {
        this.store = store;
        this.announcements = announcements;
        this.self = self;
        this.random = random;
    }

    /**
     * What a node knows of a subject that it has recorded.
     *
     * @param mark of the store at that time: if it differs later, the store has lost its data
     */
    record Entered(String life, String mark) {}

    /**
     * Records that the subject is on this node, and announces it if it is on no other.
     *
     * @param before null: it was not recorded before. Otherwise its record is missing: if the store lost it, it is written again without an announcement
     */
    CompletionStage<Entered> enter(Subject subject, @Nullable String data, @Nullable Entered before) {
        return store.name(subject.tenant())
                .thenCompose(x -> before == null ? store.knownMark() : store.mark())
                .thenCompose(mark -> {
                    PresenceRecord wanted = before != null && !before.mark().equals(mark)
                            ? new PresenceRecord(before.life(), List.of(self), data, null)
                            : new PresenceRecord(newLife(), List.of(self), data, self);
                    return create(subject, wanted, 1).thenApply(life -> new Entered(life, mark));
                });
    }

    private String newLife() {
        return RandomIds.uuid(random).toString();
    }

    /** @return the life of the record that has this node now */
    private CompletionStage<String> create(Subject subject, PresenceRecord wanted, int attempt) {
        return store.put(subject, wanted, Store.ABSENT)
                .thenCompose(written -> written.isPresent()
                        ? finish(subject, new Stored(wanted, written.get())).thenApply(x -> wanted.life())
                        : store.find(subject)
                                .thenCompose(found -> found.isPresent()
                                        ? join(subject, wanted, found.get(), attempt)
                                        : again(subject, wanted, attempt)));
    }

    private CompletionStage<String> again(Subject subject, PresenceRecord wanted, int attempt) {
        return attempt < MAX_ATTEMPTS
                ? create(subject, wanted, attempt + 1)
                : CompletableFuture.failedFuture(contention());
    }

    private CompletionStage<String> join(Subject subject, PresenceRecord wanted, Stored found, int attempt) {
        PresenceRecord record = found.record();
        // Written even if it names this node already: a sweep that is about to remove the node then fails.
        PresenceRecord next = record.isPresent()
                ? record.with(self)
                : new PresenceRecord(newLife(), List.of(self), wanted.data(), self);
        return announcements
                .announce(subject, record)
                .thenCompose(x -> store.put(subject, next, found.revision()))
                .thenCompose(written -> written.isPresent()
                        ? finish(subject, new Stored(next, written.get())).thenApply(x -> next.life())
                        : again(subject, wanted, attempt));
    }

    /**
     * Removes this node, and announces that the subject left if it is on no other.
     *
     * @param entered null: it is not known whether the subject was recorded
     * @return false: the store had lost the record, which was written again. Other nodes do so, too; exit again when they have
     */
    CompletionStage<Boolean> exit(Subject subject, @Nullable String data, @Nullable Entered entered) {
        return exit(subject, data, entered, 1);
    }

    private CompletionStage<Boolean> exit(
            Subject subject, @Nullable String data, @Nullable Entered entered, int attempt) {
        return store.find(subject).thenCompose(found -> {
            if (found.isEmpty()) {
                return entered == null ? CompletableFuture.completedFuture(true) : restore(subject, data, entered);
            }
            Stored stored = found.get();
            PresenceRecord record = stored.record();
            if (!record.nodes().contains(self)) {
                return self.equals(record.announcing())
                        ? finish(subject, stored).thenApply(x -> true)
                        : CompletableFuture.completedFuture(true);
            }
            return remove(subject, stored, List.of(self)).thenCompose(removed -> {
                if (removed) {
                    return CompletableFuture.completedFuture(true);
                }
                return attempt < MAX_ATTEMPTS
                        ? exit(subject, data, entered, attempt + 1)
                        : CompletableFuture.failedFuture(contention());
            });
        });
    }

    private CompletionStage<Boolean> restore(Subject subject, @Nullable String data, Entered entered) {
        return store.mark()
                .thenCompose(mark -> mark.equals(entered.mark())
                        ? CompletableFuture.completedFuture(true)
                        : store.put(
                                        subject,
                                        new PresenceRecord(entered.life(), List.of(self), data, null),
                                        Store.ABSENT)
                                .thenApply(x -> false));
    }

    /**
     * Removes nodes from a record, and announces that the subject left if none is left.
     *
     * @return false: the record was changed meanwhile
     */
    CompletionStage<Boolean> remove(Subject subject, Stored stored, Collection<NodeLife> gone) {
        PresenceRecord rest = stored.record().without(gone, self);
        return announcements
                .announce(subject, stored.record())
                .thenCompose(x -> store.put(subject, rest, stored.revision()))
                .thenCompose(written -> written.isPresent()
                        ? finish(subject, new Stored(rest, written.get())).thenApply(x -> true)
                        : CompletableFuture.completedFuture(false));
    }

    /** Announces the last change if that is still to be done, and notes in the record that it was. */
    CompletionStage<Void> finish(Subject subject, Stored stored) {
        PresenceRecord record = stored.record();
        if (record.announcing() == null) {
            return CompletableFuture.completedFuture(null);
        }
        return announcements
                .announce(subject, record)
                .thenCompose(x -> record.isPresent()
                        ? store.put(subject, record.announced(), stored.revision())
                                .<Void>thenApply(revision -> null)
                        : store.remove(subject, stored.revision()).<Void>thenApply(removed -> null));
    }

    /** Writes a record again, so that it does not expire. */
    CompletionStage<Optional<Long>> renew(Subject subject, Stored stored) {
        return store.put(subject, stored.record(), stored.revision());
    }

    private static OverloadedException contention() {
        return new OverloadedException("the record was changed by other nodes " + MAX_ATTEMPTS + " times");
    }
}
