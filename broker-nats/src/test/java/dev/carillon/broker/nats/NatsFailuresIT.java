package dev.carillon.broker.nats;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Chain;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.Store;
import dev.carillon.broker.nats.connection.NatsAddress;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.NatsSession;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.broker.nats.log.IdIndex;
import dev.carillon.broker.nats.log.LogSession;
import dev.carillon.broker.nats.log.TenantLog;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Failures that were found on NATS and on no other broker. */
@SuppressWarnings("try") // jnats connections throw InterruptedException from close
@Tag("nats")
class NatsFailuresIT {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static TestServer server;
    private static int tenants;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private Tenant tenant;

    @BeforeAll
    static void startServer() {
        server = Servers.nats();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void newTenant() {
        tenant = new Tenant("failures." + ++tenants);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : opened.reversed()) {
            closeable.close();
        }
    }

    private RecordingNode node(NatsBroker broker) {
        RecordingNode node = new RecordingNode(broker);
        opened.add(node);
        return node;
    }

    private static NatsBroker broker(String id) {
        return broker(id, NatsBroker.PENDING_MESSAGES);
    }

    private static NatsBroker broker(String id, long pendingMessages) {
        return NatsBroker.open(
                NatsAddress.parse(BrokerAddress.parse(server.address())),
                BrokerOptions.of(id),
                pendingMessages,
                Platform.system());
    }

    private Event event(String data, Scope first, Scope... more) {
        return Event.to(first, more).tenant(tenant).data(data).build();
    }

    private Appended broadcast(RecordingNode from, String data, Scope first, Scope... more) {
        return get(from.channel().broadcast(event(data, first, more)));
    }

    @Test
    void older_server_is_refused_with_a_remedy() throws Exception {
        try (FakeServer old = new FakeServer("2.9.10", true)) {
            assertThatThrownBy(() -> Brokers.open(old.address().replace("//", "//me:hidden@"), BrokerOptions.of("one")))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageStartingWith("broker: nats://(hidden)@127.0.0.1")
                    .hasMessageContaining("2.9.10")
                    .hasMessageContaining("2.10 or newer")
                    .hasMessageNotContaining("me:hidden");
        }
    }

    @Test
    void server_without_jetstream_is_refused() throws Exception {
        try (FakeServer plain = new FakeServer("2.10.27", false)) {
            assertThatThrownBy(() -> Brokers.open(plain.address(), BrokerOptions.of("one")))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("-js");
        }
    }

    @Test
    void restored_directory_refuses_appends_of_its_own_old_epoch() throws Exception {
        NatsBroker broker = broker("one");
        RecordingNode one = node(broker);
        Position copied = broadcast(one, "copied", A).at();
        server.saveCopy();
        await().until(() ->
                broker.health().connected() && one.health().stream().anyMatch(HealthEvent.Connected.class::isInstance));
        Position later = broadcast(one, "lost", A).at();
        server.restart(TestServer.Data.OLDER);
        Position after = untilBroadcast(one, "after").at();

        try (Connection late = Nats.connect(server.address())) {
            for (long epoch : List.of(copied.epoch(), later.epoch())) {
                String subject = Subjects.log(tenant, epoch, Subjects.key(A));
                assertThatThrownBy(() -> late.jetStream().publish(subject, EventWire.encode(event("late", A))))
                        .as("an append of epoch " + epoch)
                        .isInstanceOf(Exception.class);
            }
        }
        assertThat(after.epoch()).isGreaterThan(later.epoch());
        assertThat(get(broker.log().epochs(tenant)))
                .extracting(e -> e.id())
                .contains(copied.epoch(), later.epoch())
                .endsWith(after.epoch());
        Page page = get(broker.log().read(tenant, List.of(A), Position.NONE, 10));
        assertThat(page.events())
                .extracting(l -> l.event().data())
                .startsWith("copied")
                .doesNotContain("late", "lost");
    }

    @Test
    void deleted_stream_is_created_again_with_a_new_epoch() throws Exception {
        RecordingNode one = node(broker("one"));
        RecordingNode two = node(broker("two"));
        two.join(tenant, List.of(A));
        Position before = broadcast(one, "1", A).at();
        broadcast(two, "2", A);
        try (Connection operator = Nats.connect(server.address())) {
            JetStreamManagement management = operator.jetStreamManagement();
            assertThat(management.deleteStream(Subjects.logStream(tenant))).isTrue();
        }

        Position first = broadcast(one, "3", A).at();
        Position second = broadcast(two, "4", A).at();

        assertThat(first.epoch()).isGreaterThan(before.epoch()).isEqualTo(second.epoch());
        assertThat(second.sequence()).isEqualTo(first.sequence() + 1);
        await().until(() -> two.data().contains("4"));
        Page page = get(one.broker().log().read(tenant, List.of(A), before, 10));
        assertThat(page.incomplete()).isTrue();
        assertThat(page.events()).extracting(l -> l.event().data()).containsExactly("3", "4");
    }

    @Test
    void slow_consumer_reports_a_possible_loss_and_its_gap_shows() throws Exception {
        RecordingNode from = node(broker("from"));
        NatsBroker slow = broker("slow", 50);
        opened.add(slow);
        CountDownLatch stuck = new CountDownLatch(1);
        List<Live> delivered = new ArrayList<>();
        List<HealthEvent> healthEvents = new CopyOnWriteArrayList<>();
        slow.health().listen(healthEvents::add);
        slow.channel().listen(live -> {
            try {
                stuck.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            synchronized (delivered) {
                delivered.add(live);
            }
        });
        get(slow.channel().join(List.of(Interest.in(tenant, A))));
        List<CompletionStage<Appended>> answers = IntStream.range(0, 500)
                .mapToObj(i -> from.channel().broadcast(event("" + i, A)))
                .toList();
        answers.forEach(RecordingNode::get);

        await().until(() -> healthEvents.stream().anyMatch(HealthEvent.PossibleLoss.class::isInstance));
        stuck.countDown();
        await().until(() -> {
            synchronized (delivered) {
                return delivered.size() >= 50;
            }
        });
        // Repeated until one is not dropped.
        await().until(() -> {
            broadcast(from, "last", A);
            synchronized (delivered) {
                return delivered.getLast().event().data().equals("last");
            }
        });

        synchronized (delivered) {
            assertThat(delivered.stream().filter(live -> !live.event().data().equals("last")))
                    .hasSizeLessThan(500);
            long gaps = IntStream.range(1, delivered.size())
                    .filter(i -> delivered.get(i).links().getFirst().previous()
                            != delivered.get(i - 1).at().sequence())
                    .count();
            assertThat(gaps).as("links that name an event which was dropped").isPositive();
        }
        assertThat(slow.health().connected()).isTrue();
    }

    @Test
    void id_of_a_node_that_crashed_before_its_note_is_found_and_deduplicated() {
        NatsBroker dying = broker("dying");
        node(dying);
        Event event = Event.to(A).tenant(tenant).id("half done").data("x").build();
        byte[] bytes = EventWire.encode(event);
        LogSession session = dying.link().session();
        NatsApi api = session.api();
        TenantLog log = get(session.log(tenant));
        IdIndex.Notes notes = IdIndex.Notes.of("token", event, null, EventWire.digest(bytes));
        get(notes.announce(api));
        Headers headers = new Headers()
                .put(NatsApi.MESSAGE_ID, Idempotency.BY_ID.fingerprint(event))
                .put(IdIndex.TOKEN, notes.token());
        long sequence = get(api.publish(log.subject(Subjects.key(A)), headers, bytes, NatsApi.ANY_SEQUENCE))
                .sequence();
        dying.close();
        RecordingNode other = node(broker("other"));
        broadcast(other, "more", A);

        assertThat(places(other.broker(), "half done").getFirst().sequence()).isEqualTo(sequence);
        Appended again = get(other.channel().broadcast(event));
        assertThat(again.duplicate()).isTrue();
        assertThat(again.at().sequence()).isEqualTo(sequence);
    }

    private List<Position> places(Broker broker, String id) {
        return get(broker.log().find(IdLookup.of(tenant, id, List.of(A))));
    }

    @Test
    void announced_id_without_an_event_is_not_found_and_can_be_used() {
        NatsBroker broker = broker("one");
        RecordingNode one = node(broker);
        broadcast(one, "1", A);
        Event event = Event.to(A).tenant(tenant).id("never").data("x").build();
        get(IdIndex.Notes.of("token", event, null, "digest")
                .announce(broker.link().session().api()));

        assertThat(places(broker, "never")).isEmpty();
        Appended answer = get(one.channel().broadcast(event));
        assertThat(answer.duplicate()).isFalse();
        assertThat(places(broker, "never").getFirst().sequence())
                .isEqualTo(answer.at().sequence());
    }

    @Test
    void retained_event_of_a_crashed_node_is_in_the_snapshot() {
        NatsBroker dying = broker("dying");
        RecordingNode before = node(dying);
        get(before.channel().broadcast(retained("old", A)));
        LogSession session = dying.link().session();
        TenantLog log = get(session.log(tenant));
        for (Event event : List.of(retained("new", A, B), retained("", B))) {
            get(session.api()
                    .publish(
                            log.subject(Subjects.RETAINED),
                            new Headers(),
                            EventWire.encode(event),
                            NatsApi.ANY_SEQUENCE));
        }
        dying.close();
        RecordingNode joiner = node(broker("joiner"));

        Snapshot snapshot = get(joiner.channel().snapshot(tenant, List.of(A, B)));

        assertThat(snapshot.retained()).extracting(l -> l.event().data()).containsExactly("new");
        assertThat(get(joiner.channel().snapshot(tenant, List.of(B))).retained())
                .isEmpty();
    }

    private Event retained(String data, Scope first, Scope... more) {
        return Event.to(first, more).tenant(tenant).data(data).retain(true).build();
    }

    @Test
    void foreign_events_of_shared_chains_are_ignored_without_a_gap() {
        RecordingNode one = node(broker("one"));
        RecordingNode from = node(broker("from"));
        one.join(tenant, List.of(A));
        broadcast(from, "1", A, B);
        for (int i = 0; i < 5; i++) {
            broadcast(from, "others'", B, Scope.GLOBAL);
        }
        broadcast(from, "2", A, B);
        broadcast(from, "others'", B, Scope.GLOBAL);
        broadcast(from, "end", A);

        await().until(() -> one.data().contains("end"));
        assertThat(one.data()).containsExactly("1", "2", "end");
        Live first = one.events().get(0);
        Live second = one.events().get(1);
        assertThat(second.links().getFirst().previous()).isEqualTo(first.at().sequence());
        assertThat(get(one.broker().log().heads(List.of(Interest.in(tenant, A)))))
                .containsEntry(second.links().getFirst().chain(), second.at());
    }

    @Test
    void head_of_a_shared_chain_excludes_foreign_events() {
        RecordingNode one = node(broker("one"));
        RecordingNode from = node(broker("from"));
        broadcast(from, "before", A, B);
        one.join(tenant, List.of(A));
        Appended others = broadcast(from, "others'", B, Scope.GLOBAL);
        broadcast(from, "end", A);
        await().until(() -> one.data().contains("end"));

        Map<Chain, Position> heads = get(one.broker().log().heads(List.of(Interest.in(tenant, A))));

        assertThat(heads)
                .hasEntrySatisfying(
                        new Chain(tenant, Subjects.MULTI),
                        head -> assertThat(head.sequence())
                                .isEqualTo(others.at().sequence() - 1));
    }

    @Test
    void page_over_a_thousand_scopes_has_exactly_their_events() {
        RecordingNode one = node(broker("one"));
        List<CompletionStage<Appended>> answers = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            answers.add(one.channel().broadcast(event("" + i, Scope.topic("t" + i % 1_500))));
        }
        answers.forEach(RecordingNode::get);
        List<Scope> scopes =
                IntStream.range(0, 1_000).mapToObj(i -> Scope.topic("t" + i)).toList();

        Page first = get(one.broker().log().read(tenant, scopes, Position.NONE, 1_000));
        Page second = get(one.broker().log().read(tenant, scopes, first.last(), 1_000));

        assertThat(first.more()).isTrue();
        assertThat(first.events().getLast().event().data()).isEqualTo("999");
        assertThat(second.events().getFirst().event().data()).isEqualTo("1500");
        assertThat(second.events()).hasSize(1_000);
        assertThat(second.incomplete()).isFalse();
    }

    @Test
    void sweeping_removes_only_ended_entries() {
        NatsBroker broker = broker("one");
        RecordingNode one = node(broker);
        Store store = broker.store();
        Store.Key brief = new Store.Key(tenant, "test", "brief");
        Store.Key removed = new Store.Key(tenant, "test", "removed");
        Store.Key lasting = new Store.Key(tenant, "test", "lasting");
        get(store.put(brief, new byte[1], Store.ABSENT, Duration.ofMinutes(10)));
        get(store.put(removed, new byte[1], Store.ABSENT, Duration.ZERO));
        get(store.remove(removed, Store.ANY));
        long revision = get(store.put(lasting, new byte[1], Store.ABSENT, Duration.ZERO))
                .orElseThrow();
        get(one.channel().broadcast(retained("x", A)));
        get(one.channel().broadcast(retained("", A)));
        get(one.channel().broadcast(retained("y", B)));
        assertThat(get(one.channel().snapshot(tenant, List.of(A, B))).retained())
                .hasSize(1);
        NatsSession session = broker.link().session();
        long now = broker.link().clock().nowMillis();

        assertThat(Sweeper.sweep(session, now)).as("too early for anything").isZero();
        int swept = Sweeper.sweep(session, now + Duration.ofHours(1).toMillis());

        assertThat(swept).as("expired, removed, cleared").isGreaterThanOrEqualTo(3);
        assertThat(get(session.api().last(Subjects.STORE, Subjects.store(brief))))
                .isEmpty();
        assertThat(get(session.api().last(Subjects.STORE, Subjects.store(removed))))
                .isEmpty();
        assertThat(get(store.get(lasting)).orElseThrow().revision()).isEqualTo(revision);
        assertThat(get(one.channel().snapshot(tenant, List.of(A, B))).retained())
                .hasSize(1);
        assertThat(get(store.put(removed, new byte[1], Store.ABSENT, Duration.ZERO))
                        .orElseThrow())
                .isGreaterThan(revision);
    }

    @Test
    void unreadable_message_does_not_stop_reading_or_sweeping() {
        NatsBroker broker = broker("one");
        RecordingNode one = node(broker);
        Store store = broker.store();
        Store.Key brief = new Store.Key(tenant, "test", "brief");
        NatsSession session = broker.link().session();
        NatsApi api = session.api();
        byte[] malformed = {1, 2, 3};
        String value = Subjects.store(tenant, "test", "malformed");
        get(api.publish(value, new Headers().put("Carillon-Ttl", "soon"), malformed, NatsApi.ANY_SEQUENCE));
        get(store.put(brief, new byte[1], Store.ABSENT, Duration.ofMinutes(10)));
        get(one.channel().broadcast(retained("x", A)));
        assertThat(get(one.channel().snapshot(tenant, List.of(A))).retained()).hasSize(1);
        String kept = Subjects.retained(tenant, Subjects.key(B));
        get(api.publish(kept, new Headers().put("Carillon-At", "no position"), malformed, NatsApi.ANY_SEQUENCE));
        get(api.publish(Subjects.retained(tenant, "watermark"), new Headers(), malformed, NatsApi.ANY_SEQUENCE));

        assertThat(get(store.list(tenant, "test"))).extracting(Store.Entry::key).containsExactly(brief);
        assertThat(get(one.channel().snapshot(tenant, List.of(A, B))).retained())
                .hasSize(1);
        get(one.channel().broadcast(retained("y", B)));
        assertThat(get(one.channel().snapshot(tenant, List.of(A, B))).retained())
                .hasSize(2);
        long now = broker.link().clock().nowMillis();
        int swept = Sweeper.sweep(session, now + Duration.ofHours(1).toMillis());
        assertThat(swept).isPositive();
        assertThat(get(api.last(Subjects.STORE, Subjects.store(brief)))).isEmpty();
    }

    @Test
    void unreadable_record_of_epochs_counts_as_lost() {
        NatsBroker broker = broker("one");
        Appended before = broadcast(node(broker), "before", A);
        NatsApi api = broker.link().session().api();
        get(api.publish(Subjects.epochs(tenant), new Headers(), new byte[] {1, 2, 3}, NatsApi.ANY_SEQUENCE));

        RecordingNode two = node(broker("two"));
        Appended after = broadcast(two, "after", A);

        assertThat(after.at().epoch()).isGreaterThan(before.at().epoch());
        assertThat(get(two.broker().log().read(tenant, List.of(A), before.at(), 10))
                        .incomplete())
                .isTrue();
    }

    @Test
    void page_from_the_start_of_a_log_reports_an_unreadable_first_event() {
        NatsBroker broker = broker("one");
        RecordingNode one = node(broker);
        one.join(tenant, List.of(A));
        Position begin = get(one.broker().log().head(tenant));
        assertThat(begin.sequence()).isZero();
        get(broker.link()
                .session()
                .api()
                .publish(
                        Subjects.log(tenant, begin.epoch(), Subjects.key(A)),
                        new Headers(),
                        new byte[] {1, 2, 3},
                        NatsApi.ANY_SEQUENCE));
        broadcast(one, "readable", A);

        Page resumed = get(one.broker().log().read(tenant, List.of(A), begin, 10));
        assertThat(resumed.events()).extracting(l -> l.event().data()).containsExactly("readable");
        assertThat(resumed.incomplete()).isTrue();
        assertThat(get(one.broker().log().read(tenant, List.of(A), Position.NONE, 10))
                        .incomplete())
                .isFalse();
    }

    @Test
    void revisions_increase_even_after_data_loss() {
        NatsBroker broker = broker("one");
        node(broker);
        Store.Key key = new Store.Key(tenant, "test", "k");
        long before = get(broker.store().put(key, new byte[1], Store.ABSENT, Duration.ZERO))
                .orElseThrow();

        server.restart(TestServer.Data.LOST);

        long[] after = new long[1];
        await().ignoreExceptions().until(() -> {
            after[0] = get(broker.store().put(key, new byte[1], Store.ANY, Duration.ZERO))
                    .orElseThrow();
            return true;
        });
        assertThat(after[0]).isGreaterThan(before);
    }

    private Appended untilBroadcast(RecordingNode from, String data) {
        Appended[] answer = new Appended[1];
        await().ignoreExceptions().until(() -> {
            answer[0] = broadcast(from, data, A);
            return true;
        });
        return answer[0];
    }
}
