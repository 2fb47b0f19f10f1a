package dev.carillon.context;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContextMovesTest {
    private static final ContextOwner ALICE = new ContextOwner(Tenant.DEFAULT, "s1", "alice");

    private final Broker broker = Brokers.open("memory://context-moves-test", BrokerOptions.of("n"));
    private final List<String> ended = new ArrayList<>();
    private final AtomicInteger moved = new AtomicInteger();
    private long nanos;
    private final Contexts first = contexts("one", 1);
    private final ContextRecords ownRecords = records("two", 2);
    private final Contexts second = contexts(ownRecords);
    private boolean answers = true;
    private final ContextMoves moves = new ContextMoves(
            second,
            ownRecords,
            (node, generation, tenant, context, client) -> {
                assertThat(node + " " + generation).isEqualTo("one 1");
                return answers
                        ? CompletableFuture.completedStage(first.release(tenant, context, client))
                        : CompletableFuture.failedStage(new IllegalStateException("does not answer"));
            },
            new TimeLimit(Duration.ofSeconds(30), Platform.system().timer()),
            moved::incrementAndGet);

    private ContextRecords records(String node, long generation) {
        return new ContextRecords(broker.store(), node, generation);
    }

    private Contexts contexts(String node, long generation) {
        Contexts contexts = contexts(records(node, generation));
        contexts.onEnd(context -> ended.add(context.id()));
        return contexts;
    }

    private Contexts contexts(ContextRecords records) {
        return new Contexts(
                records, Duration.ofSeconds(10), () -> nanos, Platform.system().secureRandom());
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private String left() {
        Attachment attachment = first.open(ALICE, null);
        first.detach(attachment);
        return attachment.context().id();
    }

    private String record(String id) {
        Optional<Store.Entry> entry = get(broker.store().get(new Store.Key(Tenant.DEFAULT, "context", id)));
        return entry.map(e -> new String(e.value(), StandardCharsets.UTF_8)).orElse("");
    }

    private boolean bring(ContextOwner owner, String id) {
        return get(moves.bring(owner, id));
    }

    @Test
    void context_follows_its_client_and_ends_at_its_owner() {
        String id = left();

        assertThat(bring(ALICE, id)).isTrue();

        assertThat(first.count()).isZero();
        assertThat(ended).containsExactly(id);
        assertThat(record(id)).startsWith("two 2 ");
        Attachment resumed = second.open(ALICE, id);
        assertThat(resumed.resumed()).isTrue();
        assertThat(resumed.context().id()).isEqualTo(id);
        assertThat(moved).hasValue(1);
    }

    @Test
    void owner_that_did_not_answer_neither_renews_nor_removes_what_it_lost() {
        String waiting = left();
        Attachment open = first.open(ALICE, null);
        String connected = open.context().id();
        answers = false;

        assertThat(bring(ALICE, waiting)).isTrue();
        assertThat(bring(ALICE, connected)).isTrue();
        nanos += ContextRecords.RENEW.toNanos();
        first.sweep();

        assertThat(record(waiting)).startsWith("two 2 ");
        assertThat(record(connected)).startsWith("two 2 ");
        assertThat(first.count()).isEqualTo(1);
        first.detach(open);
        nanos += Duration.ofSeconds(10).toNanos();
        first.sweep();
        assertThat(record(connected)).startsWith("two 2 ");
    }

    @Test
    void context_with_a_connection_stays() {
        Attachment attachment = first.open(ALICE, null);

        assertThat(bring(ALICE, attachment.context().id())).isFalse();
        assertThat(record(attachment.context().id())).startsWith("one 1 ");
        assertThat(moved).hasValue(0);
    }

    @Test
    void context_of_another_client_stays() {
        String id = left();

        assertThat(bring(new ContextOwner(Tenant.DEFAULT, "s2", "alice"), id)).isFalse();
        assertThat(bring(new ContextOwner(Tenant.DEFAULT, "s1", null), id)).isFalse();
        assertThat(bring(new ContextOwner(new Tenant("other"), "s1", "alice"), id))
                .isFalse();
        assertThat(first.release(Tenant.DEFAULT, id, "forged")).isFalse();
        assertThat(first.open(ALICE, id).resumed()).isTrue();
    }

    @Test
    void record_of_a_release_that_did_not_name_the_client_stays() {
        String id = left();
        get(broker.store()
                .put(
                        new Store.Key(Tenant.DEFAULT, "context", id),
                        "one 1".getBytes(StandardCharsets.UTF_8),
                        Store.ANY,
                        ContextRecords.TTL));

        assertThat(bring(ALICE, id)).isFalse();
    }

    @Test
    void one_of_two_nodes_gets_a_context_that_both_want() {
        String id = left();
        ContextRecord known = get(ownRecords.find(Tenant.DEFAULT, id)).orElseThrow();

        assertThat(get(records("three", 3).take(ALICE, id, known))).isPresent();
        assertThat(get(ownRecords.take(ALICE, id, known))).isEmpty();
    }

    @Test
    void failure_of_the_store_gives_a_new_context() {
        String id = left();
        broker.close();

        assertThat(bring(ALICE, id)).isFalse();
    }

    @Test
    void only_ids_that_are_not_known_here_are_looked_for() {
        assertThat(moves.mayBring(null)).isFalse();
        assertThat(moves.mayBring("x")).isFalse();
        assertThat(moves.mayBring(left())).isTrue();
        assertThat(moves.mayBring(second.open(ALICE, null).context().id())).isFalse();
    }

    @Test
    void record_that_the_store_has_lost_is_written_again() {
        String id = left();
        get(broker.store().remove(new Store.Key(Tenant.DEFAULT, "context", id), Store.ANY));
        nanos += Duration.ofSeconds(1).toNanos();
        Attachment attachment = first.open(ALICE, id);
        nanos += ContextRecords.RENEW.toNanos();
        first.sweep();

        await().untilAsserted(
                        () -> assertThat(record(attachment.context().id())).startsWith("one 1 "));
    }
}
