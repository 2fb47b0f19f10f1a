package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.AppendCounts;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.IdConflictException;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Live;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Broadcasts that share a call of the append script. */
class RedisGroupsIT extends RedisFixture {
    private final RecordingNode[] nodes = new RecordingNode[1];

    private RecordingNode node() {
        nodes[0] = node("one");
        // Opens the epoch.
        broadcast(nodes[0], "first", A);
        return nodes[0];
    }

    private AppendCounts counts() {
        return nodes[0].channel().appendCounts();
    }

    private static Broadcast by(Event event, Idempotency by) {
        return new Broadcast(event, by);
    }

    private Broadcast plain(String data, Scope first, Scope... more) {
        return by(event(data, first, more), Idempotency.NONE);
    }

    private List<String> log(RecordingNode node) {
        return get(node.broker().log().read(tenant, List.of(), Position.NONE, 1_000)).events().stream()
                .map(live -> live.event().data())
                .toList();
    }

    @Test
    void broadcast_without_others_is_sent_at_once_in_a_call_of_its_own() {
        RecordingNode node = node();

        for (int i = 0; i < 10; i++) {
            broadcast(node, "" + i, A);
        }

        assertThat(counts()).isEqualTo(new AppendCounts(11, 11));
    }

    @Test
    void broadcasts_of_many_callers_share_calls_and_keep_the_order_of_each_caller() {
        RecordingNode node = node();
        List<CompletionStage<Appended>> answers = new ArrayList<>();
        ScriptPause.begin(raw());

        for (int i = 0; i < 1_000; i++) {
            answers.add(node.channel().broadcast(event("" + i, i % 2 == 0 ? A : B)));
        }
        ScriptPause.end(raw());

        List<Long> sequences =
                answers.stream().map(answer -> get(answer).at().sequence()).toList();
        assertThat(sequences)
                .isEqualTo(IntStream.range(2, 1_002).mapToObj(i -> (long) i).toList());
        assertThat(counts().events()).isEqualTo(1_001);
        assertThat(counts().calls()).isBetween(17L, 40L);
    }

    @Test
    void calls_keep_their_order_while_replies_arrive() {
        RecordingNode node = node();

        List<CompletionStage<Appended>> answers = IntStream.range(0, 5_000)
                .mapToObj(i -> node.channel().broadcast(event("" + i, A)))
                .toList();

        assertThat(answers.stream().map(answer -> get(answer).at().sequence())).isSorted();
        assertThat(counts().calls()).isBetween(80L, 5_000L);
    }

    @Test
    void broadcast_from_a_callback_does_not_overtake() {
        RecordingNode node = node();
        CompletableFuture<Appended> nested = get(node.channel()
                        .broadcast(event("1", A))
                        .thenApply(first -> node.channel()
                                .broadcastAll(IntStream.range(0, 300)
                                        .mapToObj(i -> plain("" + i, B))
                                        .toList())))
                .stream()
                .map(CompletionStage::toCompletableFuture)
                .reduce((one, other) -> one.thenCombine(other, (a, b) -> {
                    assertThat(a.at().sequence()).isLessThan(b.at().sequence());
                    return b;
                }))
                .orElseThrow();

        assertThat(get(nested).at().sequence()).isEqualTo(302);
    }

    @Test
    void group_is_limited_by_number_by_bytes_and_by_scopes() {
        RecordingNode node = node();
        List<Scope> many =
                IntStream.range(0, 100).mapToObj(i -> Scope.topic("m" + i)).toList();
        String large = "x".repeat(100_000);

        for (List<Broadcast> list : List.of(
                IntStream.range(0, 128).mapToObj(i -> plain("" + i, A)).toList(),
                IntStream.range(0, 4).mapToObj(i -> plain(large + i, A)).toList(),
                IntStream.range(0, 2)
                        .mapToObj(i ->
                                by(Event.to(many).tenant(tenant).data("" + i).build(), Idempotency.NONE))
                        .toList())) {
            long before = counts().calls();
            node.channel().broadcastAll(list).forEach(RecordingNode::get);
            assertThat(counts().calls() - before).isEqualTo(2);
        }
    }

    @Test
    void failure_of_an_event_does_not_affect_the_others_of_its_group() {
        RecordingNode node = node();
        node.join(tenant, A);
        raw().lpush(key("last", B.text()), "not a position");
        Event.Draft draft = Event.to(A).tenant(tenant).id("i");

        List<CompletionStage<Appended>> outcomes = node.channel()
                .broadcastAll(List.of(
                        plain("1", A),
                        by(draft.data("2").build(), Idempotency.BY_ID),
                        by(draft.data("3").build(), Idempotency.BY_ID),
                        plain("4", B),
                        by(draft.data("2").build(), Idempotency.BY_ID),
                        plain("5", A)));

        assertThat(counts()).isEqualTo(new AppendCounts(2, 7));
        assertThatThrownBy(() -> get(outcomes.get(2))).isInstanceOf(IdConflictException.class);
        assertThatThrownBy(() -> get(outcomes.get(3)))
                .isInstanceOf(CarillonException.class)
                .hasMessageContaining("WRONGTYPE")
                .extracting(e -> ((CarillonException) e).code())
                .isEqualTo(ErrorCode.INTERNAL);
        assertThat(get(outcomes.get(4)).duplicate()).isTrue();
        await().until(() -> node.data().equals(List.of("1", "2", "5")));
        // Whatever failed took a sequence that is not used again.
        assertThat(broadcast(node, "6", A).at().sequence())
                .isEqualTo(get(outcomes.get(5)).at().sequence() + 1);
        assertThat(node.events())
                .filteredOn(live -> live.event().data().equals("5"))
                .singleElement()
                .extracting(live -> live.links().getFirst().previous())
                .isEqualTo(get(outcomes.get(1)).at().sequence());
        await().until(() -> node.events().getLast().links().getFirst().previous()
                == get(outcomes.get(5)).at().sequence());
    }

    @Test
    void full_server_refuses_new_events_of_a_group_and_answers_known_ones() {
        RecordingNode node = node();
        Event known = Event.to(A).tenant(tenant).id("k").data("known").build();
        get(node.channel().broadcast(known));
        List<CompletionStage<Appended>> outcomes;
        raw().configSet("maxmemory", "1");
        try {
            outcomes = node.channel()
                    .broadcastAll(List.of(by(known, Idempotency.BY_ID), plain("new", A), by(known, Idempotency.BY_ID)));
            assertThat(get(outcomes.getFirst()).duplicate()).isTrue();
            assertThatThrownBy(() -> get(outcomes.get(1))).isInstanceOf(OverloadedException.class);
            assertThat(get(outcomes.getLast()).duplicate()).isTrue();
        } finally {
            raw().configSet("maxmemory", "0");
        }

        assertThat(broadcast(node, "next", A).at().sequence()).isEqualTo(3);
        assertThat(log(node)).containsExactly("first", "known", "next");
    }

    @Test
    void repetition_within_a_group_is_recognised() {
        RecordingNode node = node();
        Event event = event("once", A, B);

        List<Appended> answers = node
                .channel()
                .broadcastAll(
                        List.of(by(event, Idempotency.key("k")), plain("other", A), by(event, Idempotency.key("k"))))
                .stream()
                .map(RecordingNode::get)
                .toList();

        assertThat(answers).extracting(Appended::duplicate).containsExactly(false, false, true);
        assertThat(answers.getLast().at()).isEqualTo(answers.getFirst().at());
        assertThat(log(node)).containsExactly("first", "once", "other");
    }

    @Test
    void broadcast_that_failed_while_it_waited_never_appears() {
        RecordingNode patient = node();
        RecordingNode node = node(PatientOptions.of("two").timeout(Duration.ofMillis(300)));
        ScriptPause.begin(raw());

        List<CompletionStage<Appended>> answers = IntStream.range(0, 10)
                .mapToObj(i -> node.channel().broadcast(event("" + i, A)))
                .toList();

        for (int i = 0; i < answers.size(); i++) {
            CompletionStage<Appended> answer = answers.get(i);
            assertThatThrownBy(() -> get(answer))
                    .isInstanceOf(BrokerUnavailableException.class)
                    .hasMessageContaining(i < AppendQueue.MAX_SENT ? "outcome is not known" : "had no effect");
        }
        assertThat(node.broker().health().outstandingBytes()).isPositive();
        ScriptPause.end(raw());
        await().until(() -> node.broker().health().outstandingBytes() == 0);
        broadcast(patient, "last", A);
        assertThat(log(patient)).containsExactly("first", "0", "1", "last");
    }

    @Test
    void events_of_a_group_are_linked_in_each_of_their_scopes() {
        RecordingNode node = node();
        node.join(tenant, A, B);

        node.channel()
                .broadcastAll(List.of(plain("1", A), plain("2", B), plain("3", A, B), plain("4", B), plain("5", A)))
                .forEach(RecordingNode::get);

        await().until(() -> node.delivered().size() == 6);
        assertThat(node.delivered())
                .extracting(live -> live.event().data()
                        + live.links().getFirst().chain().name()
                        + live.links().getFirst().previous())
                .containsExactlyInAnyOrder(
                        "1topic:a1", "2topic:b0", "3topic:a2", "3topic:b3", "4topic:b4", "5topic:a4");
        assertThat(get(node.broker().log().read(tenant, List.of(B), Position.NONE, 10))
                        .events())
                .extracting(Live::event)
                .extracting(Event::data)
                .containsExactly("2", "3", "4");
    }
}
