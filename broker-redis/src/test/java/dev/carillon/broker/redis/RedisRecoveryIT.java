package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Appended;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Interest;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.broker.redis.script.Scripts;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Servers that crash, restore older data, lose data or change their role; without an append-only file, because snapshots alone lose the
 * most.
 */
class RedisRecoveryIT extends RedisFixture {

    RedisRecoveryIT() {
        super("--appendonly", "no");
    }

    private void killAndStart() {
        long pid = Long.parseLong(info("process_id"));
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        process.destroyForcibly();
        await().until(() -> !process.isAlive());
        restart();
    }

    private String info(String field) {
        return new ServerInfo(raw().info("server")).field(field);
    }

    private static void awaitBack(int times, RecordingNode... nodes) {
        for (RecordingNode node : nodes) {
            await().until(() -> node.broker().health().connected()
                    && node.health().stream()
                                    .filter(HealthEvent.Connected.class::isInstance)
                                    .count()
                            >= times);
        }
    }

    @Test
    void kill_with_an_older_snapshot_never_uses_a_position_twice() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        List<Position> used = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            used.add(broadcast(one, "" + i, A).at());
        }
        Position saved = used.getLast();
        raw().save();
        for (int i = 100; i < 150; i++) {
            used.add(broadcast(one, "" + i, A).at());
        }
        Position lost = used.getLast();

        killAndStart();
        awaitBack(1, one, two);

        for (int i = 0; i < 80; i++) {
            used.add(broadcast(i % 2 == 0 ? one : two, "again " + i, A).at());
        }
        assertThat(used.stream().map(at -> at.epoch() + ":" + at.sequence())).doesNotHaveDuplicates();
        Page fromSaved = get(two.broker().log().read(tenant, List.of(A), saved, 200));
        assertThat(fromSaved.incomplete()).isFalse();
        assertThat(fromSaved.events()).hasSize(80);
        Page fromLost = get(two.broker().log().read(tenant, List.of(A), lost, 200));
        assertThat(fromLost.incomplete()).isTrue();
        assertThat(fromLost.events()).hasSize(80);
        List<Epoch> epochs = get(two.broker().log().epochs(tenant));
        assertThat(epochs).hasSize(2);
        assertThat(epochs.getFirst()).isEqualTo(new Epoch(saved.epoch(), 0, 100));
        assertThat(epochs.getLast().start()).isEqualTo(100);
    }

    @Test
    void append_script_of_an_earlier_life_is_unknown_to_a_restarted_server_with_its_data() {
        RecordingNode one = node("one");
        broadcast(one, "1", A);
        String sha = Scripts.append(info("run_id")).plain().sha();
        assertThat(raw().scriptExists(sha)).containsExactly(true);
        raw().save();

        killAndStart();

        assertThat(raw().hget(key("meta", ""), "run")).isNotEqualTo(info("run_id"));
        assertThatThrownBy(() -> raw().evalsha(sha, ScriptOutputType.MULTI, key("meta", "")))
                .isInstanceOf(RedisNoScriptException.class);
    }

    @Test
    void append_script_refuses_an_epoch_of_another_life() {
        RecordingNode one = node("one");
        broadcast(one, "1", A);
        raw().hset(key("meta", ""), "run", "f".repeat(40));

        Appended answer = broadcast(one, "2", A);

        List<Epoch> epochs = get(one.broker().log().epochs(tenant));
        assertThat(epochs).hasSize(2);
        assertThat(answer.at().epoch())
                .isEqualTo(epochs.getLast().id())
                .isGreaterThan(epochs.getFirst().id());
        assertThat(answer.at().sequence()).isEqualTo(2);
    }

    @Test
    void at_least_a_hundred_epochs_are_remembered() {
        RecordingNode one = node("one");
        Position first = broadcast(one, "first", A).at();
        Position last = first;
        for (int i = 0; i < 105; i++) {
            raw().hset(key("meta", ""), "run", "f".repeat(40));
            last = broadcast(one, "" + i, A).at();
        }

        List<Epoch> epochs = get(one.broker().log().epochs(tenant));
        assertThat(epochs).hasSize(106);
        assertThat(epochs).extracting(Epoch::id).isSorted().doesNotHaveDuplicates();
        Page page = get(one.broker().log().read(tenant, List.of(A), first, 200));
        assertThat(page.incomplete()).isFalse();
        assertThat(page.events()).hasSize(105);
        assertThat(page.last()).isEqualByComparingTo(last);
    }

    @Test
    void broadcasts_continue_when_the_server_loses_its_scripts() {
        RecordingNode one = node("one");
        Appended before = broadcast(one, "1", A);
        raw().scriptFlush();

        Appended after = broadcast(one, "2", A);

        assertThat(after.at().epoch()).isEqualTo(before.at().epoch());
        assertThat(after.at().sequence()).isEqualTo(2);
        assertThat(get(one.broker().log().read(tenant, List.of(A), before.at(), 10))
                        .events())
                .hasSize(1);
    }

    @Test
    void data_lost_without_a_restart_open_a_new_epoch_and_report_a_possible_loss() {
        RecordingNode one = node("one");
        Position before = broadcast(one, "1", A).at();
        raw().flushall();

        Appended after = broadcast(one, "2", A);

        assertThat(after.at().epoch()).isGreaterThan(before.epoch());
        assertThat(get(one.broker().log().read(tenant, List.of(A), before, 10)).incomplete())
                .isTrue();
        await().until(() -> one.health().stream().anyMatch(HealthEvent.PossibleLoss.class::isInstance));
    }

    @Test
    void concurrent_broadcasts_of_one_caller_keep_their_order_from_the_first() {
        RecordingNode one = node("one");
        List<Scope> many =
                IntStream.range(0, 100).mapToObj(i -> Scope.topic("t" + i)).toList();
        List<CompletionStage<Appended>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            answers.add(one.channel()
                    .broadcast(Event.to(many).tenant(tenant).data("" + i).build()));
        }

        assertThat(answers.stream().map(answer -> get(answer).at().sequence()))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 300).boxed().toList());
    }

    @Test
    void lost_meta_key_alone_loses_no_order() {
        RecordingNode one = node("one");
        Position before = broadcast(one, "1", A).at();
        raw().del(key("meta", ""));

        Appended after = broadcast(one, "2", A);

        assertThat(after.at()).isGreaterThan(before);
        assertThat(after.at().sequence()).isEqualTo(2);
        assertThat(get(one.broker().log().read(tenant, List.of(A), before, 10)).incomplete())
                .isTrue();
    }

    @Test
    void foreign_values_under_the_keys_of_the_log_do_not_stop_it() {
        RecordingNode one = node("one");
        Position before = broadcast(one, "1", A).at();
        raw().set(key("log", ""), "foreign");
        raw().set(key("index", A.text()), "foreign");

        Position after = broadcast(one, "2", A).at();

        assertThat(get(one.broker().log().read(tenant, List.of(A), before, 10)).events())
                .hasSize(1);
        raw().del(key("meta", ""), key("log", ""));
        Position third = broadcast(one, "3", A).at();
        assertThat(third).isGreaterThan(after);
        assertThat(get(one.broker().log().read(tenant, List.of(A), Position.NONE, 10))
                        .events())
                .hasSize(1);
    }

    @Test
    void loss_of_either_connection_is_reported_and_repaired() {
        RecordingNode one = node("one");
        one.join(tenant, A);
        broadcast(one, "1", A);
        await().until(() -> one.data().contains("1"));

        raw().clientKill(KillArgs.Builder.typePubsub().skipme());
        awaitBack(1, one);
        broadcast(one, "2", A);
        await().until(() -> one.data().contains("2"));
        raw().clientKill(KillArgs.Builder.typeNormal().skipme());
        awaitBack(2, one);
        broadcast(one, "3", A);
        await().until(() -> one.data().contains("3"));

        await().untilAsserted(() -> assertThat(
                        one.health().stream().map(e -> e.getClass().getSimpleName()))
                .containsExactly(
                        "Unavailable", "Connected", "PossibleLoss", "Unavailable", "Connected", "PossibleLoss"));
    }

    @Test
    void ten_thousand_joined_scopes_are_delivered_after_a_restart() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<Scope> scopes =
                IntStream.range(0, 10_000).mapToObj(i -> Scope.topic("t" + i)).toList();
        one.join(tenant, scopes);
        get(one.channel().leave(List.of(Interest.in(tenant, scopes.get(7)))));
        restart();
        awaitBack(1, one, two);

        broadcast(two, "left", scopes.get(7));
        broadcast(two, "first", scopes.getFirst());
        broadcast(two, "last", scopes.getLast());

        await().until(() -> one.data().size() == 2);
        assertThat(one.data()).containsExactly("first", "last");
    }

    @Test
    void hanging_server_is_unavailable_and_holds_no_bytes() {
        RecordingNode one = node(BrokerOptions.of("one").timeout(Duration.ofSeconds(1)));
        broadcast(one, "1", A);
        server().pause();
        try {
            CompletionStage<Appended> unknown = one.channel().broadcast(event("2", A));
            assertThatThrownBy(() -> get(unknown))
                    .isInstanceOf(BrokerUnavailableException.class)
                    .hasMessageContaining("not known");
            assertThat(one.broker().health().outstandingBytes()).isPositive();
            await().until(() -> !one.broker().health().connected());
            await().until(() -> one.broker().health().outstandingBytes() == 0);
            assertThatThrownBy(() -> broadcast(one, "never", A)).isInstanceOf(BrokerUnavailableException.class);
        } finally {
            server().resume();
        }
        awaitBack(1, one);

        broadcast(one, "3", A);
        assertThat(get(one.broker().log().read(tenant, List.of(A), Position.NONE, 10)).events().stream()
                        .map(live -> live.event().data()))
                .startsWith("1")
                .endsWith("3")
                .doesNotContain("never");
    }

    @Test
    void missing_messages_are_detected_while_commands_are_answered() throws IOException {
        try (DeafRelay relay = new DeafRelay(server().port())) {
            RecordingNode one = closing(
                    new RecordingNode(Brokers.open("redis://127.0.0.1:" + relay.port(), BrokerOptions.of("one"))));
            one.join(tenant, A);
            relay.deaf(true);
            broadcast(one, "missed", A);
            await().until(() -> !one.broker().health().connected());
            relay.deaf(false);
            awaitBack(1, one);

            broadcast(one, "heard", A);

            await().until(() -> one.data().contains("heard"));
            assertThat(one.data()).containsExactly("heard");
        }
    }

    @Test
    void full_memory_refuses_a_broadcast_whole() {
        RecordingNode one = node("one");
        Position before = broadcast(one, "1", A).at();
        raw().configSet("maxmemory", "1mb");
        try {
            assertThatThrownBy(() -> broadcast(one, "refused", A, B)).isInstanceOf(OverloadedException.class);
        } finally {
            raw().configSet("maxmemory", "0");
        }

        assertThat(broadcast(one, "2", A).at().sequence()).isEqualTo(before.sequence() + 1);
        assertThat(get(one.broker().log().read(tenant, List.of(), before, 10)).events())
                .hasSize(1);
        assertThat(get(one.broker().log().heads(List.of(Interest.in(tenant, B)))))
                .isEmpty();
    }

    @Test
    void primary_that_becomes_a_replica_is_unavailable_until_it_is_primary_again() {
        RecordingNode one = node("one");
        Position before = broadcast(one, "1", A).at();
        raw().replicaof("127.0.0.1", 1);
        try {
            assertThatThrownBy(() -> broadcast(one, "never", A)).isInstanceOf(BrokerUnavailableException.class);
            await().until(() -> !one.broker().health().connected());
        } finally {
            raw().replicaofNoOne();
        }
        awaitBack(1, one);

        assertThat(broadcast(one, "2", A).at()).isGreaterThan(before);
    }

    @Test
    void revisions_increase_even_after_data_loss() {
        RecordingNode one = node("one");
        Store.Key key = new Store.Key(tenant, "kind", "k");
        Store store = one.broker().store();
        long first =
                get(store.put(key, new byte[] {1}, Store.ABSENT, Duration.ZERO)).orElseThrow();
        raw().save();
        long lost = get(store.put(key, new byte[] {2}, first, Duration.ZERO)).orElseThrow();

        killAndStart();
        awaitBack(1, one);

        assertThat(get(store.get(key)).orElseThrow().revision()).isEqualTo(first);
        assertThat(get(store.put(key, new byte[] {3}, lost, Duration.ZERO))).isEmpty();
        long next = get(store.put(key, new byte[] {4}, first, Duration.ZERO)).orElseThrow();
        assertThat(next).isGreaterThan(lost);
        raw().flushall();
        assertThat(get(store.put(key, new byte[] {5}, Store.ABSENT, Duration.ZERO))
                        .orElseThrow())
                .isGreaterThan(next);
    }

    @Test
    void watches_survive_a_restart() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<String> seen = java.util.Collections.synchronizedList(new ArrayList<>());
        get(one.broker().store().watch(tenant, "kind", change -> {
            throw new IllegalStateException("thrown by the test");
        }));
        get(one.broker()
                .store()
                .watch(tenant, "kind", change -> seen.add(change.key().name())));
        restart();
        awaitBack(1, one, two);

        get(two.broker().store().put(new Store.Key(tenant, "kind", "k"), new byte[1], Store.ANY, Duration.ZERO));

        await().until(() -> seen.contains("k"));
    }
}
