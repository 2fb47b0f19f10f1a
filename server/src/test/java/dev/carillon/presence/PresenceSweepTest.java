package dev.carillon.presence;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.broker.AffectedTenants;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.Store;
import dev.carillon.cluster.Peers;
import dev.carillon.limits.TaskQueue;
import dev.carillon.presence.PresenceRecord.NodeLife;
import dev.carillon.presence.PresenceRecord.Stored;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One node whose store loses answers, and whose view of other nodes the test decides. */
class PresenceSweepTest {
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final Tenant TENANT = new Tenant("acme");
    private static final Scope ROOM = Scope.topic("room");
    private static final Subject ANN = new Subject(TENANT, ROOM, "ann");
    private static final NodeLife SELF = new NodeLife("n", 1);
    private static final NodeLife OTHER = new NodeLife("other", 1);

    private final Broker broker = Brokers.open("memory://presence-sweep", PatientOptions.of("n"));
    private final LossyStore lossy = new LossyStore(broker.store());
    private final AtomicLong now = new AtomicLong();
    private final List<String> changes = new CopyOnWriteArrayList<>();
    private final FullScopes full = new FullScopes();
    private final PresenceStore store =
            new PresenceStore(lossy, now::get, Platform.system().secureRandom(), Runnable::run);
    private final PresenceRecords records = new PresenceRecords(
            store,
            new PresenceAnnouncements(
                    broker.channel(),
                    ScopePolicies.DEFAULT,
                    this::append,
                    new PresenceMetrics(new SimpleMeterRegistry(), () -> 0)),
            SELF,
            Platform.system().secureRandom());
    private final LocalUsers users = new LocalUsers(records, full, GRACE, now::get, () -> {}, this::settle);
    private final Set<Tenant> unavailable = ConcurrentHashMap.newKeySet();
    private final OtherNodes peers = new OtherNodes();
    private final PresenceSweep sweep = sweep();

    @AfterEach
    void stop() {
        broker.close();
    }

    private PresenceSweep sweep() {
        ScopeSweep.Subjects subjects = new ScopeSweep.Subjects(users, full, this::settle);
        EndedNodes ended = new EndedNodes(SELF, GRACE.toNanos());
        TaskQueue tasks = new TaskQueue(10, 1_000, Runnable::run);
        return new PresenceSweep(
                subjects,
                store,
                new ScopeSweep(subjects, store, records, ended, SELF, now::get, tasks),
                peers,
                ended,
                tenant -> !unavailable.contains(tenant),
                GRACE,
                now::get,
                Runnable::run);
    }

    private CompletionStage<Void> append(Change change, String key) {
        changes.add(change.kind().text() + (change.user() == null ? "" : " " + change.user()));
        return CompletableFuture.completedFuture(null);
    }

    private void settle(LocalPresence present) {
        CompletionStage<Void> _ = present.settle().thenRun(() -> users.forget(present));
    }

    /** The other nodes of the cluster: all are live except those that ended. */
    private static final class OtherNodes implements Peers {
        private final Set<String> ended = ConcurrentHashMap.newKeySet();
        private final AtomicInteger refreshes = new AtomicInteger();

        @Override
        public View known() {
            return (node, generation) -> ended.contains(node);
        }

        @Override
        public CompletionStage<View> refresh() {
            refreshes.incrementAndGet();
            return CompletableFuture.completedFuture(known());
        }
    }

    /**
     * Changes another store; the answers to changes can be lost.
     *
     * @param broken tenants whose records cannot be listed
     * @param listed the tenants of whose users a list was requested
     */
    private record LossyStore(Store store, AtomicInteger losses, Set<Tenant> broken, List<Tenant> listed)
            implements Store {
        private LossyStore(Store store) {
            this(store, new AtomicInteger(), ConcurrentHashMap.newKeySet(), new CopyOnWriteArrayList<>());
        }

        private <T> CompletionStage<T> answer(CompletionStage<T> answer) {
            return losses.getAndUpdate(left -> Math.max(0, left - 1)) == 0
                    ? answer
                    : answer.thenCompose(
                            x -> CompletableFuture.failedFuture(new BrokerUnavailableException("by the test")));
        }

        @Override
        public CompletionStage<Optional<Entry>> get(Key key) {
            return store.get(key);
        }

        @Override
        public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
            CompletionStage<Optional<Long>> done = store.put(key, value, expectedRevision, ttl);
            return key.kind().startsWith("in-") ? answer(done) : done;
        }

        @Override
        public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
            return store.remove(key, expectedRevision);
        }

        @Override
        public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
            if (broken.contains(tenant)) {
                return CompletableFuture.failedFuture(new BrokerUnavailableException("by the test"));
            }
            if (kind.startsWith("in-")) {
                listed.add(tenant);
            }
            return store.list(tenant, kind);
        }

        @Override
        public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Store.Change> listener) {
            return store.watch(tenant, kind, listener);
        }
    }

    private void sweepOnce() {
        now.addAndGet(Duration.ofSeconds(3).toNanos());
        sweep.tick(now.get());
        await().until(() -> !sweep.isSweeping());
    }

    private void sweepAll() {
        sweep.checkAll(AffectedTenants.ALL);
        sweepOnce();
    }

    private List<NodeLife> recorded(Subject subject) {
        return get(store.find(subject))
                .map(Stored::record)
                .map(PresenceRecord::nodes)
                .orElse(List.of());
    }

    @Test
    void full_scope_whose_users_have_left_is_counted_again_and_lets_users_in() {
        full.countedUsers(ANN.ofScope(), FullScopes.MAX_USERS);
        users.changed("tab", Set.of(ANN), null);
        assertThat(users.get(ANN)).isNull();

        sweepAll();
        users.changed("tab", Set.of(ANN), null);

        await().until(() -> changes.equals(List.of("occupied", "joined ann")));
    }

    @Test
    void scope_whose_records_were_removed_is_occupied_before_its_users_join_again() {
        users.changed("tab", Set.of(ANN), null);
        await().until(() -> changes.size() == 2 && recorded(ANN).equals(List.of(SELF)));
        sweepAll();
        for (Subject each : List.of(ANN, ANN.ofScope())) {
            assertThat(get(store.remove(each, Store.ANY))).isTrue();
        }

        sweepAll();

        await().until(() -> changes.size() == 4);
        assertThat(changes).containsExactly("occupied", "joined ann", "occupied", "joined ann");
    }

    @Test
    void full_sweep_that_fails_for_a_tenant_reaches_the_others_and_is_repeated_for_this_one_alone() {
        Subject bob = new Subject(new Tenant("other"), ROOM, "bob");
        enterAndLoseRecords(ANN, bob);
        lossy.broken().add(TENANT);
        sweepAll();
        await().until(() -> recorded(bob).equals(List.of(SELF)));
        lossy.listed().clear();
        sweepOnce();
        assertThat(lossy.listed()).isEmpty();

        lossy.broken().clear();
        sweepOnce();

        await().until(() -> recorded(ANN).equals(List.of(SELF)));
        assertThat(lossy.listed()).containsOnly(TENANT);
    }

    @Test
    void tenant_of_an_unavailable_server_is_swept_when_it_is_connected() {
        Subject bob = new Subject(new Tenant("other"), ROOM, "bob");
        enterAndLoseRecords(ANN, bob);
        unavailable.add(TENANT);
        sweepAll();
        await().until(() -> recorded(bob).equals(List.of(SELF)));
        lossy.listed().clear();
        sweepOnce();
        assertThat(lossy.listed()).isEmpty();
        assertThat(recorded(ANN)).isEmpty();

        unavailable.clear();
        sweep.checkAll(TENANT::equals);
        sweepOnce();

        await().until(() -> recorded(ANN).equals(List.of(SELF)));
        assertThat(lossy.listed()).containsOnly(TENANT);
    }

    @Test
    void full_sweep_of_one_tenant_leaves_the_others_to_the_next_one() {
        Subject bob = new Subject(new Tenant("other"), ROOM, "bob");
        enterAndLoseRecords(ANN, bob);

        sweep.checkAll(TENANT::equals);
        sweepOnce();
        await().until(() -> recorded(ANN).equals(List.of(SELF)));
        assertThat(recorded(bob)).isEmpty();

        sweep.checkAll(TENANT::equals);
        sweep.checkAll(bob.tenant()::equals);
        sweepOnce();
        await().until(() -> recorded(bob).equals(List.of(SELF)));
    }

    /** The first user is of the tenant that the store lists first. */
    private void enterAndLoseRecords(Subject... subjects) {
        for (Subject each : subjects) {
            users.changed(each, Set.of(each), null);
            await().until(() -> recorded(each).equals(List.of(SELF)));
        }
        sweepAll();
        for (Subject each : subjects) {
            assertThat(get(store.remove(each, Store.ANY))).isTrue();
            assertThat(get(store.remove(each.ofScope(), Store.ANY))).isTrue();
        }
    }

    @Test
    void nodes_are_read_again_only_if_a_record_names_one_that_was_not_live() {
        for (int i = 0; i < 5; i++) {
            Subject scope = new Subject(new Tenant("t" + i), ROOM, null);
            get(store.name(scope.tenant()));
            PresenceRecord record = new PresenceRecord("life" + i, List.of(OTHER), null, null);
            assertThat(get(store.put(scope, record, Store.ABSENT))).isPresent();
        }
        sweepOnce();
        sweepOnce();
        assertThat(peers.refreshes).hasValue(0);

        peers.ended.add("other");
        sweepOnce();
        now.addAndGet(GRACE.toNanos());
        sweepOnce();

        await().until(() -> changes.size() == 5);
        assertThat(peers.refreshes).hasPositiveValue();
        assertThat(changes).containsOnly("vacated");
    }

    @Test
    void user_whose_join_got_no_answer_leaves_with_the_last_connection() {
        lossy.losses().set(1);
        users.changed("tab", Set.of(ANN), null);
        await().until(() -> recorded(ANN).equals(List.of(SELF)));
        await().until(() -> lossy.losses().get() == 0);
        users.changed("tab", Set.of(), null);
        now.addAndGet(GRACE.toNanos());
        users.removeLeft(now.get());

        await().until(() -> changes.contains("vacated"));
        assertThat(changes).endsWith("left ann", "vacated");
        assertThat(recorded(ANN)).isEmpty();
        assertThat(users.get(ANN)).isNull();
    }

    @Test
    void user_who_comes_back_after_a_leave_that_got_no_answer_is_recorded_again() {
        LocalPresence ann = new LocalPresence(ANN, null, null, records);
        assertThat(ann.add()).isTrue();
        get(ann.settle());
        assertThat(ann.subtract()).isTrue();
        lossy.losses().set(1);
        assertThat(ann.settle().toCompletableFuture()).failsWithin(Patience.LIMIT);
        assertThat(recorded(ANN)).isEmpty();

        assertThat(ann.add()).isTrue();
        get(ann.settle());

        assertThat(recorded(ANN)).containsExactly(SELF);
        assertThat(changes).containsExactly("joined ann", "left ann", "joined ann");
    }
}
