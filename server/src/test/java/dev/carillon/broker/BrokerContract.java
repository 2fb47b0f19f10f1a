package dev.carillon.broker;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The contract of every broker; nothing else decides conformance. Each test has its own tenants, so that all tests can share a server.
 */
public abstract class BrokerContract {
    private static final AtomicInteger TENANTS = new AtomicInteger();

    protected final Tenant tenant = new Tenant("t" + TENANTS.incrementAndGet() + "-" + System.nanoTime());
    private final List<AutoCloseable> opened = new ArrayList<>();

    /** Opens a broker with its own connection to the server that this class shares. */
    protected abstract Broker open(BrokerOptions options);

    protected static final Scope A = Scope.topic("a");
    protected static final Scope B = Scope.topic("b");
    protected static final Scope ROUTE = Scope.route("/board");

    /** Delays answers until closed: otherwise a broker may answer too quickly for bytes to be outstanding. */
    protected abstract AutoCloseable stall();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : opened.reversed()) {
            closeable.close();
        }
    }

    protected RecordingNode node(String id) {
        return node(PatientOptions.of(id));
    }

    protected RecordingNode node(BrokerOptions options) {
        return closing(new RecordingNode(open(options)));
    }

    protected <T extends AutoCloseable> T closing(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    protected Event event(String data, Scope first, Scope... more) {
        return Event.to(first, more).tenant(tenant).data(data).build();
    }

    protected Appended broadcast(RecordingNode from, String data, Scope first, Scope... more) {
        return get(from.channel().broadcast(event(data, first, more)));
    }

    /** Waits until every node has received the number of events. */
    protected static void awaitEvents(int count, RecordingNode... nodes) {
        await().pollInterval(Duration.ofMillis(20)).until(() -> {
            for (RecordingNode node : nodes) {
                if (node.events().size() < count) {
                    return false;
                }
            }
            return true;
        });
    }

    @Test
    void broadcast_reaches_every_interested_node_once_including_its_own() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        two.join(tenant, A);

        Appended answer = broadcast(one, "hi", A);

        awaitEvents(1, one, two);
        broadcast(two, "end", A);
        awaitEvents(2, one, two);
        for (RecordingNode node : List.of(one, two)) {
            assertThat(node.delivered()).hasSize(2);
            Live live = node.delivered().getFirst();
            assertThat(live.event()).isEqualTo(event("hi", A));
            assertThat(live.id()).isEqualTo(answer.id());
            assertThat(live.at().epoch()).isEqualTo(answer.at().epoch());
            assertThat(live.at().sequence()).isEqualTo(answer.at().sequence());
            assertThat(live.at().atMillis()).isPositive();
        }
    }

    @Test
    void list_is_appended_in_its_order_and_each_event_has_an_outcome_of_its_own() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        two.join(tenant, A, B);
        List<Broadcast> list = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Event next = i % 3 == 0 ? event("" + i, A, B) : event("" + i, i % 2 == 0 ? A : B);
            list.add(new Broadcast(next, Idempotency.BY_ID));
        }
        Event.Draft draft = Event.to(A).tenant(tenant).id("i");
        Broadcast first = new Broadcast(draft.data("first").build(), Idempotency.BY_ID);
        list.set(50, first);
        list.set(60, first);
        list.set(70, new Broadcast(draft.data("other").build(), Idempotency.BY_ID));
        list.set(80, new Broadcast(event("kept " + 80, A), Idempotency.key("k")));

        List<CompletionStage<Appended>> outcomes = one.channel().broadcastAll(list);

        assertThat(outcomes).hasSize(list.size());
        assertThatThrownBy(() -> get(outcomes.get(70))).isInstanceOf(IdConflictException.class);
        assertThat(get(outcomes.get(60)))
                .isEqualTo(new Appended(get(outcomes.get(60)).at(), "i", true))
                .extracting(Appended::at)
                .extracting(Position::sequence)
                .isEqualTo(get(outcomes.get(50)).at().sequence());
        List<Event> appended = new ArrayList<>();
        List<Long> sequences = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            if (i != 60 && i != 70) {
                appended.add(list.get(i).event());
                sequences.add(get(outcomes.get(i)).at().sequence());
            }
        }
        assertThat(sequences).isSorted().doesNotHaveDuplicates();
        awaitEvents(198, two);
        assertThat(two.events()).extracting(Live::event).isEqualTo(appended);
    }

    @Test
    void every_field_of_an_event_reaches_other_nodes() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        two.join(tenant, ROUTE);
        Event full = Event.to(ROUTE, B)
                .tenant(tenant)
                .id("urn:x:1")
                .type("tick")
                .data("line\nnext\r\n\u0000 ü 🔔")
                .key("k")
                .isPrivate(true)
                .retain(true)
                .retryMillis(1500L)
                .build();

        get(one.channel().broadcast(full));

        awaitEvents(1, two);
        assertThat(two.events().getFirst().event()).isEqualTo(full);
        assertThat(get(one.broker().log().read(tenant, List.of(), Position.NONE, 10))
                        .events()
                        .getFirst()
                        .event())
                .isEqualTo(full);
    }

    @Test
    void an_event_keeps_its_tags_readers_and_json() {
        RecordingNode node = node("one");
        node.join(tenant, List.of(A));
        Event event = Event.to(A)
                .tenant(tenant)
                .json("199")
                .tags(Map.of("number", "199"))
                .readers(List.of("ann"))
                .build();

        get(node.channel().broadcast(event));

        awaitEvents(1, node);
        assertThat(node.events().getLast().event()).isEqualTo(event);
    }

    @Test
    void every_node_receives_events_of_four_broadcasters_in_log_order() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<Scope> scopes = List.of(Scope.GLOBAL, ROUTE, A, B);
        one.join(tenant, scopes);
        two.join(tenant, scopes);
        int each = 1_000;
        List<CompletableFuture<?>> done = new ArrayList<>();
        for (int b = 0; b < 4; b++) {
            RecordingNode from = node("from" + b);
            int number = b;
            done.add(CompletableFuture.runAsync(
                    () -> {
                        List<CompletionStage<Appended>> window = new ArrayList<>();
                        for (int i = 0; i < each; i++) {
                            Scope scope = scopes.get(i % 4);
                            window.add(from.channel().broadcast(event(number + "-" + i, scope)));
                            if (window.size() == 50) {
                                window.forEach(RecordingNode::get);
                                window.clear();
                            }
                        }
                        window.forEach(RecordingNode::get);
                    },
                    Thread::startVirtualThread));
        }
        done.forEach(RecordingNode::get);

        awaitEvents(4 * each, one, two);

        assertThat(one.data()).isEqualTo(two.data());
        assertThat(one.events()).hasSize(4 * each);
        assertThat(one.events().stream().map(Live::at).toList()).isSorted();
        assertThat(readAll(one, List.of(), Position.NONE)).isEqualTo(one.data());
    }

    @Test
    void links_name_the_preceding_event_in_each_chain() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A, B);
        for (int i = 0; i < 20; i++) {
            switch (i % 3) {
                case 0 -> broadcast(two, "" + i, A);
                case 1 -> broadcast(two, "" + i, B);
                default -> broadcast(two, "" + i, A, B);
            }
        }
        awaitEvents(20, one);

        Map<Chain, Long> last = new HashMap<>();
        int checked = 0;
        for (Live live : one.delivered()) {
            for (ChainLink link : live.links()) {
                Long before = last.put(link.chain(), live.at().sequence());
                if (before != null) {
                    assertThat(link.previous()).isEqualTo(before);
                    checked++;
                }
            }
        }
        assertThat(checked).isGreaterThanOrEqualTo(17);
        Set<Chain> known = new HashSet<>(one.channel().chains(Interest.in(tenant, A)));
        known.addAll(one.channel().chains(Interest.in(tenant, B)));
        assertThat(known).containsAll(last.keySet());
    }

    @Test
    void event_of_several_scopes_has_one_position_and_its_duplicates_are_recognised() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A, B);
        two.join(tenant, B);

        Appended answer = broadcast(two, "both", A, B, ROUTE);
        broadcast(two, "end", A, B);

        awaitEvents(2, one, two);
        assertThat(one.data()).containsExactly("both", "end");
        assertThat(two.data()).containsExactly("both", "end");
        assertThat(one.events().getFirst().at().sequence())
                .isEqualTo(answer.at().sequence());
        assertThat(two.events().getFirst().at().sequence())
                .isEqualTo(answer.at().sequence());
    }

    @Test
    void repeated_id_gets_the_same_answer_and_is_delivered_once() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        Event event = Event.to(A).tenant(tenant).id("order 7").data("x").build();

        Appended first = get(one.channel().broadcast(event));
        Appended again = get(two.channel().broadcast(event));
        broadcast(two, "end", A);

        awaitEvents(2, one);
        assertThat(first.duplicate()).isFalse();
        assertThat(again.duplicate()).isTrue();
        assertThat(again.id()).isEqualTo("order 7");
        assertThat(again.at().sequence()).isEqualTo(first.at().sequence());
        assertThat(again.at().epoch()).isEqualTo(first.at().epoch());
        assertThat(one.data()).containsExactly("x", "end");
    }

    @Test
    void same_id_from_concurrent_broadcasters_is_one_event() {
        RecordingNode one = node("one");
        one.join(tenant, A);
        List<RecordingNode> from =
                IntStream.range(0, 4).mapToObj(i -> node("from" + i)).toList();
        for (int round = 0; round < 25; round++) {
            Event event = Event.to(A)
                    .tenant(tenant)
                    .id("id-" + round)
                    .data("" + round)
                    .build();
            List<CompletionStage<Appended>> answers =
                    from.stream().map(n -> n.channel().broadcast(event)).toList();
            assertThat(answers.stream().map(RecordingNode::get).map(a -> a.at().sequence()))
                    .as("round " + round)
                    .containsOnly(get(answers.getFirst()).at().sequence());
        }
        broadcast(one, "end", A);

        awaitEvents(26, one);
        assertThat(one.data()).hasSize(26).doesNotHaveDuplicates();
    }

    @Test
    void same_id_with_another_body_is_a_conflict() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        get(one.channel().broadcast(Event.to(A).tenant(tenant).id("i").data("x").build()));

        assertThatThrownBy(() -> get(two.channel()
                        .broadcast(Event.to(A).tenant(tenant).id("i").data("y").build())))
                .isInstanceOf(IdConflictException.class)
                .hasMessageContaining("\"i\"");
        assertThatThrownBy(() -> get(two.channel()
                        .broadcast(given(A, "another", "x"), Idempotency.BY_ID)
                        .thenCompose(x -> two.channel().broadcast(given(A, "another", "y"), Idempotency.BY_ID))))
                .isInstanceOf(IdConflictException.class);
    }

    @Test
    void ids_used_in_one_scope_neither_block_nor_move_those_of_another() {
        RecordingNode mallory = node("mallory");
        RecordingNode shop = node("shop");
        shop.join(tenant, A);
        get(mallory.channel().broadcast(given(B, "order 1", "taken in advance")));
        Appended first = get(shop.channel().broadcast(given(A, "order 1", "1")));
        Appended second = get(shop.channel().broadcast(given(A, "order 2", "2")));
        get(mallory.channel().broadcast(given(B, "order 1", "taken in advance")));
        get(mallory.channel().broadcast(given(B, "order 2", "afterwards")));
        broadcast(shop, "3", A);

        awaitEvents(3, shop);
        assertThat(shop.data()).containsExactly("1", "2", "3");
        assertThat(first.duplicate()).isFalse();
        assertThat(find(shop, "order 1", A)).isEqualTo(first.at().sequence());
        assertThat(find(shop, "order 2", A)).isEqualTo(second.at().sequence());
        assertThat(readAll(shop, List.of(A), places(shop, "order 1", A).getFirst()))
                .containsExactly("2", "3");
        assertThat(readAll(shop, List.of(A), places(shop, "order 2", A).getFirst()))
                .containsExactly("3");
        assertThat(places(shop, "order 1", ROUTE)).isEmpty();
    }

    @Test
    void id_of_several_events_is_at_the_earliest_in_the_log() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<Long> appended = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            appended.add(get(one.channel().broadcast(given(A, "again", "" + i), Idempotency.NONE))
                    .at()
                    .sequence());
        }
        get(one.channel().broadcast(given(B, "again", "other"), Idempotency.NONE));

        assertThat(places(two, "again", A).stream().map(Position::sequence)).isEqualTo(appended);
        assertThat(placesByPattern(two, "again")).startsWith(appended.getFirst());
    }

    @Test
    void pattern_finds_an_id_in_every_matching_topic_and_no_other() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        get(one.channel().broadcast(given(ROUTE, "p", "no topic")));
        long a = get(one.channel().broadcast(given(A, "p", "1"))).at().sequence();
        long b = get(one.channel().broadcast(given(B, "p", "2"))).at().sequence();
        IdLookup onlyB = new IdLookup(tenant, "p", Set.of(), B::equals);

        assertThat(placesByPattern(two, "p")).containsExactly(a, b);
        assertThat(get(two.broker().log().find(onlyB)).stream().map(Position::sequence))
                .containsExactly(b);
    }

    @Test
    void key_is_unique_per_scope_and_its_repetitions_are_one_event() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        Idempotency key = Idempotency.key("payment 1");
        get(two.channel().broadcast(event("mallory's", B), key));
        Appended first = get(one.channel().broadcast(event("1", A), key));
        Appended again = get(two.channel().broadcast(event("1", A), key));
        Appended several = get(two.channel().broadcast(event("1", A, B), key));
        broadcast(two, "end", A);

        awaitEvents(3, one);
        assertThat(one.data()).containsExactly("1", "1", "end");
        assertThat(first.duplicate()).isFalse();
        assertThat(again.duplicate()).isTrue();
        assertThat(again.id()).isEqualTo(first.id());
        assertThat(several.duplicate()).isFalse();
        assertThatThrownBy(() -> get(two.channel().broadcast(event("2", A), key)))
                .isInstanceOf(IdConflictException.class)
                .hasMessageContaining("payment 1");
    }

    @Test
    void id_and_key_of_the_same_text_are_distinct() {
        RecordingNode one = node("one");

        get(one.channel().broadcast(given(A, "same", "1")));
        Appended byKey = get(one.channel().broadcast(given(A, "same", "2"), Idempotency.key("same")));

        assertThat(byKey.duplicate()).isFalse();
    }

    @Test
    void events_of_scopes_not_joined_or_left_are_not_delivered() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        broadcast(two, "not joined", B);
        broadcast(two, "1", A);
        awaitEvents(1, one);
        one.join(tenant, B);
        get(one.channel().leave(List.of(Interest.in(tenant, A))));
        broadcast(two, "left", A);
        broadcast(two, "2", B);

        awaitEvents(2, one);
        assertThat(one.data()).containsExactly("1", "2");
    }

    @Test
    void event_appended_after_a_confirmed_join_is_delivered() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        for (int i = 0; i < 100; i++) {
            Scope scope = Scope.topic("join-" + i);
            one.join(tenant, scope);
            broadcast(two, "" + i, scope);
        }

        awaitEvents(100, one);
        assertThat(one.data()).hasSize(100);
    }

    @Test
    void interest_in_all_of_a_tenant_receives_every_scope_once() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        get(one.channel().join(List.of(Interest.all(tenant))));
        one.join(tenant, A);
        broadcast(two, "1", A);
        broadcast(two, "2", Scope.topic("nobody asked for this one"));
        broadcast(two, "3", Scope.GLOBAL, B);

        awaitEvents(3, one);
        assertThat(one.data()).containsExactly("1", "2", "3");
        get(one.channel().leave(List.of(Interest.all(tenant))));
        broadcast(two, "4", B);
        broadcast(two, "5", A);
        awaitEvents(4, one);
        assertThat(one.data()).containsExactly("1", "2", "3", "5");
    }

    @Test
    void tenants_do_not_see_each_other() {
        RecordingNode one = node("one");
        Tenant other = new Tenant(tenant.name() + ".other");
        one.join(tenant, A, Scope.GLOBAL);
        get(one.channel()
                .broadcast(Event.to(A, Scope.GLOBAL)
                        .tenant(other)
                        .id("i")
                        .data("other")
                        .build()));
        get(one.channel()
                .broadcast(Event.to(A).tenant(tenant).id("i").data("own").build()));

        awaitEvents(1, one);
        assertThat(one.data()).containsExactly("own");
        assertThat(readAll(one, List.of(), Position.NONE)).containsExactly("own");
        assertThat(get(one.channel().snapshot(other, List.of(A))).retained()).isEmpty();
    }

    @Test
    void system_events_have_a_log_of_their_own() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, Scope.SYSTEM, A);
        String data = "system " + tenant;
        get(two.channel().broadcast(Event.to(Scope.SYSTEM).data(data).build()));

        await().until(() -> one.data().contains(data));
        assertThat(get(two.broker().log().head(tenant)).sequence()).isZero();
    }

    @Test
    void retained_event_of_a_scope_is_the_last_with_the_flag() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        retain(one, "1", A);
        retain(one, "2", A);
        broadcast(one, "not retained", A);
        retain(one, "3", B);

        Snapshot snapshot = get(two.channel().snapshot(tenant, List.of(A, B, ROUTE)));

        assertThat(snapshot.retained().stream().map(l -> l.event().data())).containsExactly("2", "3");
        assertThat(snapshot.head().sequence())
                .isEqualTo(snapshot.retained().getLast().at().sequence());
        assertThat(get(two.channel().snapshot(tenant, List.of(A))).retained()).hasSize(1);
    }

    @Test
    void retained_event_of_several_scopes_is_returned_once_and_cleared_by_empty_data() {
        RecordingNode one = node("one");
        retain(one, "both", A, B);
        assertThat(get(one.channel().snapshot(tenant, List.of(B, A))).retained())
                .hasSize(1);
        retain(one, "", B);
        assertThat(get(one.channel().snapshot(tenant, List.of(B))).retained()).isEmpty();
        assertThat(get(one.channel().snapshot(tenant, List.of(A, B))).retained())
                .hasSize(1);
        retain(one, "", A);
        assertThat(get(one.channel().snapshot(tenant, List.of(A, B))).retained())
                .isEmpty();
    }

    @Test
    void snapshot_and_live_events_after_its_head_leave_no_gap() {
        RecordingNode from = node("from");
        RecordingNode joiner = node("joiner");
        joiner.join(tenant, A);
        int rounds = 300;
        retain(from, "0", A);
        CompletableFuture<Void> done = CompletableFuture.runAsync(
                () -> {
                    for (int i = 1; i <= rounds; i++) {
                        retain(from, "" + i, A);
                    }
                },
                Thread::startVirtualThread);
        List<Snapshot> snapshots = new ArrayList<>();
        while (!done.isDone()) {
            snapshots.add(get(joiner.channel().snapshot(tenant, List.of(A))));
        }
        get(done);
        awaitEvents(rounds + 1, joiner);

        assertThat(snapshots).isNotEmpty();
        for (Snapshot snapshot : snapshots) {
            assertThat(snapshot.retained()).hasSize(1);
            int state = Integer.parseInt(snapshot.retained().getFirst().event().data());
            Optional<Live> next = joiner.events().stream()
                    .filter(live -> live.at().isAfter(snapshot.head()))
                    .findFirst();
            assertThat(next.map(live -> Integer.parseInt(live.event().data())).orElse(rounds + 1))
                    .isEqualTo(state + 1);
        }
    }

    @Test
    void log_is_read_by_scope_in_pages_after_a_position() {
        RecordingNode one = node("one");
        List<Appended> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            answers.add(i % 3 == 2 ? broadcast(one, "" + i, A, B) : broadcast(one, "" + i, i % 3 == 0 ? A : ROUTE));
        }
        List<String> ofA = IntStream.range(0, 60)
                .filter(i -> i % 3 != 1)
                .mapToObj(Integer::toString)
                .toList();

        assertThat(readAll(one, List.of(A, B), Position.NONE)).isEqualTo(ofA);
        assertThat(readAll(one, List.of(), Position.NONE)).hasSize(60);
        assertThat(readAll(one, List.of(B), answers.get(30).at()))
                .isEqualTo(IntStream.range(31, 60)
                        .filter(i -> i % 3 == 2)
                        .mapToObj(Integer::toString)
                        .toList());
        Page page =
                get(one.broker().log().read(tenant, List.of(A), answers.get(0).at(), 5));
        assertThat(page.events()).hasSize(5);
        assertThat(page.more()).isTrue();
        assertThat(page.incomplete()).isFalse();
        assertThat(page.last()).isEqualByComparingTo(page.events().getLast().at());
        Page end =
                get(one.broker().log().read(tenant, List.of(A), answers.get(59).at(), 5));
        assertThat(end.events()).isEmpty();
        assertThat(end.more()).isFalse();
        assertThat(end.incomplete()).isFalse();
        assertThat(end.last().sequence()).isEqualTo(answers.get(59).at().sequence());
    }

    @Test
    void read_from_a_trimmed_position_is_incomplete() {
        RecordingNode one = node(BrokerOptions.of("one").maxLogEvents(50));
        Position first = broadcast(one, "0", A).at();
        broadcast(one, "quiet", B);
        List<CompletionStage<Appended>> answers = new ArrayList<>();
        for (int i = 1; i <= 600; i++) {
            answers.add(one.channel().broadcast(event("" + i, A)));
        }
        Position late = get(answers.get(580)).at();
        answers.forEach(RecordingNode::get);

        Page old = get(one.broker().log().read(tenant, List.of(A), first, Log.MAX_PAGE));
        assertThat(old.incomplete()).isTrue();
        assertThat(old.events().size()).isLessThan(600);
        Page fresh = get(one.broker().log().read(tenant, List.of(A), late, Log.MAX_PAGE));
        assertThat(fresh.incomplete()).isFalse();
        assertThat(fresh.events()).hasSize(19);
        Page idle = get(one.broker().log().read(tenant, List.of(B), first, Log.MAX_PAGE));
        assertThat(idle.incomplete() || idle.events().size() == 1)
                .as("the event of the idle scope, or the word that it is missing")
                .isTrue();
    }

    @Test
    void read_from_an_unknown_epoch_is_empty_and_incomplete() {
        RecordingNode one = node("one");
        Appended last = broadcast(one, "1", A);

        Page page = get(one.broker().log().read(tenant, List.of(A), new Position(12345, 1, 1), 10));

        assertThat(page.incomplete()).isTrue();
        assertThat(page.events()).isEmpty();
        assertThat(page.last().sequence()).isEqualTo(last.at().sequence());
    }

    @Test
    void ids_given_and_generated_are_found() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        Appended generated = broadcast(one, "1", A);
        Appended given = get(one.channel()
                .broadcast(Event.to(A, B).tenant(tenant).id("mine").data("2").build()));

        assertThat(find(two, generated.id(), A)).isEqualTo(generated.at().sequence());
        assertThat(find(two, given.id(), A)).isEqualTo(given.at().sequence());
        for (String id : List.of(generated.id(), given.id())) {
            assertThat(places(two, id, B, A).getFirst().atMillis())
                    .as("the time of " + id)
                    .isPositive();
        }
        assertThat(places(two, "unknown", A)).isEmpty();
        assertThat(get(two.broker().log().find(IdLookup.of(new Tenant("elsewhere"), "mine", List.of(A)))))
                .isEmpty();
        assertThat(EventIds.position(generated.id())).isPresent();
    }

    @Test
    void id_is_found_and_read_from_after_fifty_thousand_more_events() {
        RecordingNode one = node("one");
        Appended given = get(one.channel()
                .broadcast(Event.to(A).tenant(tenant).id("long ago").data("0").build()));
        List<CompletionStage<Appended>> window = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            window.add(one.channel().broadcast(event("" + i, Scope.topic("t" + i % 10))));
            if (window.size() == 500) {
                window.forEach(RecordingNode::get);
                window.clear();
            }
        }

        assertThat(find(one, "long ago", A)).isEqualTo(given.at().sequence());
        Page page = get(one.broker().log().read(tenant, List.of(A, Scope.topic("t3")), given.at(), 100));
        assertThat(page.incomplete()).isFalse();
        assertThat(page.events()).hasSize(100);
        assertThat(page.events().getFirst().event().data()).isEqualTo("3");
    }

    @Test
    void heads_are_the_last_positions_of_the_delivering_chains() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A, B, ROUTE);
        assertThat(get(one.broker().log().head(tenant)).sequence()).isZero();
        broadcast(two, "1", A);
        broadcast(two, "2", B);
        broadcast(two, "3", A);
        Appended last = broadcast(two, "4", A, B);
        awaitEvents(4, one);
        Map<Chain, Long> seen = new HashMap<>();
        for (Live live : one.delivered()) {
            live.links().forEach(link -> seen.put(link.chain(), live.at().sequence()));
        }

        Map<Chain, Position> heads = get(one.broker()
                .log()
                .heads(List.of(Interest.in(tenant, A), Interest.in(tenant, B), Interest.in(tenant, ROUTE))));

        seen.forEach((chain, sequence) -> assertThat(heads)
                .hasEntrySatisfying(chain, head -> assertThat(head.sequence()).isEqualTo(sequence)));
        assertThat(get(one.broker().log().head(tenant)).sequence())
                .isEqualTo(last.at().sequence());
        assertThat(get(one.broker().log().heads(List.of(Interest.all(tenant)))).values())
                .allSatisfy(p -> assertThat(p.sequence()).isEqualTo(last.at().sequence()));
    }

    @Test
    void one_epoch_is_open_and_has_the_events() {
        RecordingNode one = node("one");
        Appended answer = broadcast(one, "1", A);

        List<Epoch> epochs = get(one.broker().log().epochs(tenant));

        assertThat(epochs.getLast().open()).isTrue();
        assertThat(epochs.getLast().id()).isEqualTo(answer.at().epoch());
        assertThat(epochs.getLast().start()).isLessThan(answer.at().sequence());
        assertThat(epochs.stream().filter(Epoch::open)).hasSize(1);
    }

    @Test
    void events_of_one_byte_and_of_the_largest_size_are_delivered() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        two.join(tenant, A);
        String largest = "ü".repeat(Event.MAX_DATA_BYTES / 2);
        broadcast(one, "1", A);
        broadcast(one, largest, A, B);

        awaitEvents(2, two);
        assertThat(two.data()).containsExactly("1", largest);
        assertThat(readAll(one, List.of(B), Position.NONE)).containsExactly(largest);
    }

    @Test
    void ten_thousand_scopes_are_joined_at_once() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<Scope> scopes = IntStream.range(0, 10_000)
                .mapToObj(i -> Scope.topic("room/" + i))
                .toList();

        one.join(tenant, scopes);

        broadcast(two, "first", scopes.getFirst());
        broadcast(two, "last", scopes.getLast());
        awaitEvents(2, one);
        assertThat(get(one.broker()
                        .log()
                        .heads(scopes.stream().map(s -> Interest.in(tenant, s)).toList())))
                .hasSizeBetween(2, 3);
        get(one.channel().leave(scopes.stream().map(s -> Interest.in(tenant, s)).toList()));
    }

    @Test
    void hostile_names_and_ids_do_no_harm() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<String> names = List.of(
                "with space",
                "a.b.*.>",
                "{other}:log",
                "quote\"'`\\",
                "ünï 🔔 码",
                "\u2028",
                "%00%0a",
                "?[a-z]*",
                "x".repeat(Scope.MAX_NAME_BYTES),
                "🔔".repeat(Scope.MAX_NAME_BYTES / 4));
        List<Scope> scopes = names.stream().map(Scope::topic).toList();
        two.join(tenant, scopes);
        for (String name : names) {
            Event event = Event.to(Scope.topic(name))
                    .tenant(tenant)
                    .id("i" + name + "-" + "i".repeat(Event.MAX_ID_BYTES - 1030))
                    .data(name)
                    .key(name)
                    .retain(true)
                    .build();
            assertThat(get(one.channel().broadcast(event)).duplicate()).isFalse();
            assertThat(get(one.channel().broadcast(event)).duplicate()).isTrue();
            assertThat(find(two, event.id() == null ? "" : event.id(), Scope.topic(name)))
                    .isPositive();
        }

        awaitEvents(names.size(), two);
        assertThat(two.data()).isEqualTo(names);
        assertThat(readAll(one, scopes, Position.NONE)).isEqualTo(names);
        assertThat(get(one.channel().snapshot(tenant, scopes)).retained()).hasSize(names.size());
    }

    @Test
    void failing_listener_affects_no_other() {
        Broker failing = closing(open(BrokerOptions.of("failing")));
        AtomicInteger calls = new AtomicInteger();
        failing.channel().listen(live -> {
            calls.incrementAndGet();
            throw new IllegalStateException("thrown by the test");
        });
        get(failing.channel().join(List.of(Interest.in(tenant, A))));
        RecordingNode one = node("one");
        one.join(tenant, A);
        broadcast(one, "1", A);
        broadcast(one, "2", A);

        awaitEvents(2, one);
        await().untilAsserted(() -> assertThat(calls).hasValue(2));
    }

    @Test
    void broadcasts_beyond_the_outstanding_bytes_are_refused_and_the_rest_is_appended() throws Exception {
        BrokerOptions small = new BrokerOptions(
                "small",
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                1024 * 1024,
                1_000_000,
                BrokerOptions.of("x").policies(),
                RedisOptions.DEFAULT,
                NatsOptions.DEFAULT);
        RecordingNode one = node(small);
        one.join(tenant, A);
        String data = "x".repeat(100_000);
        List<CompletionStage<Appended>> answers = new ArrayList<>();
        try (AutoCloseable _ = stall()) {
            for (int i = 0; i < 200; i++) {
                answers.add(one.channel().broadcast(event(data, A)));
            }
        }
        int accepted = 0;
        for (CompletionStage<Appended> answer : answers) {
            try {
                get(answer);
                accepted++;
            } catch (OverloadedException e) {
                assertThat(e).hasMessageContaining("1048576");
            }
        }

        awaitEvents(accepted, one);
        assertThat(accepted).isBetween(1, 199);
        assertThat(one.events()).hasSize(accepted);
        await().untilAsserted(() ->
                assertThat(one.broker().health().outstandingBytes()).isZero());
    }

    @Test
    void closed_broker_fails_as_unavailable() {
        RecordingNode one = node("one");
        one.close();

        assertThatThrownBy(() -> broadcast(one, "1", A)).isInstanceOf(BrokerUnavailableException.class);
        assertThatThrownBy(() -> get(one.broker().log().head(tenant))).isInstanceOf(BrokerUnavailableException.class);
        assertThat(one.broker().health().connected()).isFalse();
    }

    @Test
    void health_reports_connection_and_round_trip() {
        RecordingNode one = node("one");
        broadcast(one, "1", A);

        assertThat(one.broker().health().connected()).isTrue();
        assertThat(one.broker().health().unavailableSince()).isEmpty();
        await().until(() -> one.broker().health().roundTrip().isPresent());
        assertThat(one.broker().log().durability().description()).isNotBlank();
    }

    private static final byte[] X = {1, 0, -1};
    private static final byte[] Y = {2};

    @Test
    void store_compares_and_sets() {
        Store one = node("one").broker().store();
        Store two = node("two").broker().store();
        Store.Key key = key("k");

        assertThat(get(one.get(key))).isEmpty();
        long first = get(one.put(key, X, Store.ABSENT, Duration.ZERO)).orElseThrow();
        assertThat(get(two.put(key, Y, Store.ABSENT, Duration.ZERO))).isEmpty();
        assertThat(get(two.get(key)).orElseThrow().value()).isEqualTo(X);
        assertThat(get(two.get(key)).orElseThrow().revision()).isEqualTo(first);
        long second = get(two.put(key, Y, first, Duration.ZERO)).orElseThrow();
        assertThat(second).isGreaterThan(first);
        assertThat(get(one.put(key, X, first, Duration.ZERO))).isEmpty();
        assertThat(get(one.remove(key, first))).isFalse();
        assertThat(get(one.remove(key, second))).isTrue();
        assertThat(get(one.remove(key, Store.ANY))).isFalse();
        assertThat(get(two.get(key))).isEmpty();
        assertThat(get(two.put(key, X, second, Duration.ZERO))).isEmpty();
        assertThat(get(two.put(key, X, Store.ABSENT, Duration.ZERO)).orElseThrow())
                .isGreaterThan(second);
        assertThat(get(two.put(key, Y, Store.ANY, Duration.ZERO))).isPresent();
    }

    @Test
    void store_counts_correctly_under_contention() {
        Store.Key key = key("counter");
        List<Store> stores = IntStream.range(0, 4)
                .mapToObj(i -> node("n" + i).broker().store())
                .toList();
        get(stores.getFirst().put(key, new byte[] {0}, Store.ABSENT, Duration.ZERO));
        List<CompletableFuture<Void>> done = stores.stream()
                .map(store -> CompletableFuture.runAsync(
                        () -> {
                            for (int added = 0; added < 25; ) {
                                Store.Entry entry = get(store.get(key)).orElseThrow();
                                byte[] next = {(byte) (entry.value()[0] + 1)};
                                if (get(store.put(key, next, entry.revision(), Duration.ZERO))
                                        .isPresent()) {
                                    added++;
                                }
                            }
                        },
                        Thread::startVirtualThread))
                .toList();
        done.forEach(RecordingNode::get);

        assertThat(get(stores.getFirst().get(key)).orElseThrow().value()).isEqualTo(new byte[] {100});
    }

    @Test
    void store_values_expire_each_at_its_own_time() {
        Store store = node("one").broker().store();
        Store.Key brief = key("brief");
        Store.Key middle = key("middle");
        Store.Key lasting = key("lasting");
        get(store.put(brief, X, Store.ABSENT, Duration.ofMillis(500)));
        get(store.put(middle, X, Store.ABSENT, Duration.ofSeconds(2)));
        get(store.put(lasting, X, Store.ABSENT, Duration.ofMinutes(5)));
        // In this order: however long the second takes, the one that expires later is never the only expired one.
        await().until(() -> {
            boolean middleGone = get(store.get(middle)).isEmpty();
            assertThat(get(store.get(brief)).isEmpty() || !middleGone).isTrue();
            return middleGone;
        });

        assertThat(get(store.list(tenant, "test"))).hasSize(1);
        assertThat(get(store.put(brief, Y, Store.ABSENT, Duration.ZERO))).isPresent();
        assertThat(get(store.remove(middle, Store.ANY))).isFalse();
    }

    @Test
    void store_lists_a_kind_and_keeps_hostile_names_apart() {
        Store store = node("one").broker().store();
        List<String> names = List.of("a b", "a.b", "a:b", "a*", "a>", "ü", "{x}", "n".repeat(1024));
        for (String name : names) {
            get(store.put(
                    key(name), name.getBytes(java.nio.charset.StandardCharsets.UTF_8), Store.ABSENT, Duration.ZERO));
        }
        get(store.put(new Store.Key(tenant, "other", "a b"), X, Store.ABSENT, Duration.ZERO));

        assertThat(get(store.list(tenant, "test")).stream().map(e -> e.key().name()))
                .containsExactlyInAnyOrderElementsOf(names);
        for (String name : names) {
            assertThat(get(store.get(key(name))).orElseThrow().value())
                    .asString()
                    .isEqualTo(name);
        }
        assertThat(get(store.list(new Tenant("elsewhere"), "test"))).isEmpty();
    }

    @Test
    void store_notifies_watchers_on_other_nodes_in_order() throws Exception {
        Store one = node("one").broker().store();
        Store two = node("two").broker().store();
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        AutoCloseable watch = get(one.watch(tenant, "test", change -> {
            Store.Entry entry = change.entry();
            seen.add(change.key().name() + (entry == null ? " removed" : " " + entry.value()[0]));
        }));
        get(two.put(key("k"), X, Store.ABSENT, Duration.ZERO));
        get(two.put(new Store.Key(tenant, "other", "k"), X, Store.ABSENT, Duration.ZERO));
        get(two.put(key("k"), Y, Store.ANY, Duration.ofMinutes(1)));
        get(two.remove(key("k"), Store.ANY));

        await().untilAsserted(() -> assertThat(seen).containsExactly("k 1", "k 2", "k removed"));
        watch.close();
    }

    protected List<String> readAll(RecordingNode node, List<Scope> scopes, Position after) {
        List<String> data = new ArrayList<>();
        Position at = after;
        for (int pages = 0; pages < 1_000; pages++) {
            Page page = get(node.broker()
                    .log()
                    .read(tenant, scopes, at, 17 * (1 + pages) > Log.MAX_PAGE ? Log.MAX_PAGE : 17 * (1 + pages)));
            assertThat(page.incomplete()).isFalse();
            page.events().forEach(live -> data.add(live.event().data()));
            if (!page.more()) {
                return data;
            }
            at = page.last();
        }
        throw new AssertionError("the log has no end");
    }

    protected Appended retain(RecordingNode from, String data, Scope first, Scope... more) {
        return get(from.channel()
                .broadcast(Event.to(first, more)
                        .tenant(tenant)
                        .data(data)
                        .retain(true)
                        .build()));
    }

    protected long find(RecordingNode node, String id, Scope... scopes) {
        return places(node, id, scopes).getFirst().sequence();
    }

    protected List<Position> places(RecordingNode node, String id, Scope... scopes) {
        return get(node.broker().log().find(IdLookup.of(tenant, id, List.of(scopes))));
    }

    /** The events found by a subscriber to everything. */
    private List<Long> placesByPattern(RecordingNode node, String id) {
        IdLookup lookup = new IdLookup(tenant, id, Set.of(), scope -> true);
        return get(node.broker().log().find(lookup)).stream()
                .map(Position::sequence)
                .toList();
    }

    private Event given(Scope scope, String id, String data) {
        return Event.to(scope).tenant(tenant).id(id).data(data).build();
    }

    private Store.Key key(String name) {
        return new Store.Key(tenant, "test", name);
    }
}
