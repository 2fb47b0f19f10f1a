package dev.carillon.presence;

import dev.carillon.cluster.Peers;
import dev.carillon.limits.TaskQueue;
import dev.carillon.presence.PresenceRecord.NodeLife;
import dev.carillon.presence.PresenceRecord.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Compares the records of one scope and of its users with the connected nodes and users, and repairs them. Used by one sweep at a time. */
final class ScopeSweep {
    private final Subjects subjects;
    private final PresenceStore store;
    private final PresenceRecords records;
    private final EndedNodes ended;
    private final NodeLife self;
    private final LongSupplier nanoTime;
    private final TaskQueue tasks;

    /**
     * What this node has.
     *
     * @param settle has the store changed, without blocking
     */
    record Subjects(LocalUsers users, FullScopes full, Consumer<LocalPresence> settle) {}

    /**
     * What a sweep does beside its repairs.
     *
     * @param all lists the users of every scope of this node, and has missing records written again
     * @param renew writes the records of this node again, so that they do not expire
     */
    record Extent(boolean all, boolean renew) {
        static final Extent LEAST = new Extent(false, false);

        Extent with(Extent more) {
            return new Extent(all || more.all, renew || more.renew);
        }
    }

    ScopeSweep(
            Subjects subjects,
            PresenceStore store,
            PresenceRecords records,
            EndedNodes ended,
            NodeLife self,
            LongSupplier nanoTime,
            TaskQueue tasks) {
        this.subjects = subjects;
        this.store = store;
        this.records = records;
        this.ended = ended;
        this.self = self;
        this.nanoTime = nanoTime;
        this.tasks = tasks;
    }

    /** Whether a record, of a scope or of one of its users, may have to be repaired. */
    boolean isSuspect(Subject subject, PresenceRecord record, Peers.View view) {
        EndedNodes.Moment moment = ended.at(view, nanoTime.getAsLong());
        LocalPresence own = subjects.users().get(subject);
        return !moment.gone(record, own).isEmpty() || moment.isAbandoned(record, own);
    }

    /**
     * First repairs the records of the users, then that of the scope, which names every node that theirs may name.
     *
     * @param ofScope null: the scope has no record
     * @param local users of this node in the scope
     * @return false: something is left to be repaired by a further sweep
     */
    CompletionStage<Boolean> sweep(
            Subject scope, @Nullable Stored ofScope, List<LocalPresence> local, Peers.View view, Extent extent) {
        return store.users(scope.tenant(), scope.scope()).thenCompose(listed -> {
            subjects.full().countedUsers(scope, listed.users().size());
            // One moment for the users and the scope: a node that is removed from its record must be removed from
            // theirs.
            Repairs repairs = new Repairs(ended.at(view, nanoTime.getAsLong()), extent);
            LocalPresence own = subjects.users().get(scope);
            if (extent.all() && own != null) {
                // Before its users, which then wait for it: a scope is occupied before users join.
                requireRecord(own, ofScope);
            }
            listed.users()
                    .forEach(
                            (user, stored) -> repairs.repair(new Subject(scope.tenant(), scope.scope(), user), stored));
            if (extent.all() && listed.complete()) {
                local.forEach(each ->
                        requireRecord(each, listed.users().get(each.subject().user())));
            }
            return repairs.done().thenCompose(complete -> {
                if (ofScope != null && complete) {
                    repairs.repair(scope, ofScope);
                }
                return repairs.done();
            });
        });
    }

    private void requireRecord(LocalPresence present, @Nullable Stored stored) {
        if (present.isRecorded() && (stored == null || !stored.record().nodes().contains(self))) {
            present.missing();
            subjects.settle().accept(present);
        }
    }

    /** The repairs of one scope. */
    private final class Repairs {
        private final EndedNodes.Moment moment;
        private final Extent extent;
        private final List<CompletableFuture<Void>> running = new ArrayList<>();
        private final AtomicBoolean incomplete = new AtomicBoolean();

        private Repairs(EndedNodes.Moment moment, Extent extent) {
            this.moment = moment;
            this.extent = extent;
        }

        private void repair(Subject subject, Stored stored) {
            PresenceRecord record = stored.record();
            LocalPresence own = subjects.users().get(subject);
            Set<NodeLife> gone = moment.gone(record, own);
            if (!gone.isEmpty()) {
                run(() -> records.remove(subject, stored, gone).thenAccept(removed -> {
                    if (!removed) {
                        // Changed meanwhile, and it may still name the node.
                        incomplete.set(true);
                    }
                }));
            } else if (moment.isAbandoned(record, own)) {
                run(() -> records.finish(subject, stored));
            } else if (extent.renew()
                    && !record.nodes().isEmpty()
                    && record.nodes().getFirst().equals(self)) {
                run(() -> records.renew(subject, stored));
            }
        }

        private void run(Supplier<? extends CompletionStage<?>> repair) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            boolean queued = tasks.offer(() -> repair.get().whenComplete((x, e) -> {
                if (e == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(e);
                }
            }));
            if (queued) {
                running.add(done);
            } else {
                incomplete.set(true);
            }
        }

        private CompletionStage<Boolean> done() {
            return CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                    .thenApply(x -> !incomplete.get());
        }
    }
}
