package dev.carillon.context;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContextsTest {
    private static final ContextOwner ALICE = new ContextOwner(Tenant.DEFAULT, "s1", "alice");

    private final Broker broker = Brokers.open("memory://contexts-test", BrokerOptions.of("n"));
    private long nanos;
    private final Contexts contexts = new Contexts(
            new ContextRecords(broker.store(), "n", 7),
            Duration.ofSeconds(10),
            () -> nanos,
            Platform.system().secureRandom());

    @AfterEach
    void close() {
        broker.close();
    }

    private void after(Duration duration) {
        nanos += duration.toNanos();
        contexts.sweep();
    }

    private Store.Key key(Attachment attachment) {
        return new Store.Key(Tenant.DEFAULT, "context", attachment.context().id());
    }

    @Test
    void context_outlives_a_short_disconnect() {
        Attachment first = contexts.open(ALICE, null);
        contexts.detach(first);
        after(Duration.ofSeconds(9));
        Attachment again = contexts.open(ALICE, first.context().id());

        assertThat(again.resumed()).isTrue();
        assertThat(again.context()).isSameAs(first.context());
        after(Duration.ofSeconds(100));
        assertThat(contexts.count()).isEqualTo(1);
    }

    @Test
    void context_ends_when_its_client_does_not_reconnect() {
        Attachment first = contexts.open(ALICE, null);
        assertThat(get(broker.store().get(key(first)))).isPresent();
        contexts.detach(first);
        after(Duration.ofSeconds(10));

        assertThat(contexts.count()).isZero();
        assertThat(contexts.open(ALICE, first.context().id()).resumed()).isFalse();
        assertThat(get(broker.store().get(key(first)))).isEmpty();
    }

    @Test
    void another_owner_cannot_resume_it() {
        Attachment first = contexts.open(ALICE, null);
        contexts.detach(first);
        String id = first.context().id();

        assertThat(contexts.open(new ContextOwner(Tenant.DEFAULT, "s2", "alice"), id)
                        .resumed())
                .isFalse();
        assertThat(contexts.open(new ContextOwner(Tenant.DEFAULT, "s1", null), id)
                        .resumed())
                .isFalse();
        assertThat(contexts.open(new ContextOwner(new Tenant("acme"), "s1", "alice"), id)
                        .resumed())
                .isFalse();
        assertThat(contexts.open(ALICE, id).resumed()).isTrue();
    }

    @Test
    void connected_context_cannot_be_resumed() {
        Attachment first = contexts.open(ALICE, null);

        assertThat(contexts.open(ALICE, first.context().id()).resumed()).isFalse();
    }

    @Test
    void late_end_of_an_earlier_connection_has_no_effect() {
        Attachment first = contexts.open(ALICE, null);
        contexts.detach(first);
        contexts.open(ALICE, first.context().id());
        contexts.detach(first);
        after(Duration.ofSeconds(60));

        assertThat(contexts.count()).isEqualTo(1);
    }

    @Test
    void ids_are_random_and_owners_are_recorded() {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            ids.add(contexts.open(ALICE, "unknown").context().id());
        }
        assertThat(ids).hasSize(1_000).allMatch(id -> id.matches("[A-Za-z0-9_-]{22}"));
        Attachment attachment = contexts.open(ALICE, null);
        assertThat(get(broker.store().get(key(attachment))).orElseThrow().value())
                .asString()
                .isEqualTo("n 7 " + ALICE.digest());
    }

    @Test
    void number_of_disconnected_contexts_is_bounded() {
        for (int i = 0; i < 50_010; i++) {
            contexts.detach(contexts.open(ALICE, null));
        }

        assertThat(contexts.count()).isEqualTo(50_000);
    }

    @Test
    void reserved_context_waits_half_an_hour_and_a_stream_of_its_client_gets_it() {
        Context kept = contexts.reserve(ALICE);
        Context left = contexts.reserve(ALICE);
        List<Context> ended = new ArrayList<>();
        contexts.onEnd(ended::add);
        after(Duration.ofMinutes(29));
        assertThat(contexts.keep(kept.id())).isTrue();
        after(Duration.ofMinutes(1));

        assertThat(ended).containsExactly(left);
        assertThat(contexts.keep(left.id())).isFalse();
        ContextOwner other = new ContextOwner(Tenant.DEFAULT, "s2", "alice");
        assertThat(contexts.open(other, kept.id()).context()).isNotSameAs(kept);
        Attachment first = contexts.open(ALICE, kept.id());
        assertThat(first.context()).isSameAs(kept);
        contexts.detach(first);
        after(Duration.ofSeconds(10));
        assertThat(ended).containsExactly(left, kept);
    }

    @Test
    void owner_has_at_most_twenty_reserved_contexts_and_the_oldest_ends_first() {
        Context oldest = contexts.reserve(ALICE);
        Context second = contexts.reserve(ALICE);
        assertThat(contexts.keep(oldest.id())).isTrue();
        for (int i = 2; i < 20; i++) {
            Context _ = contexts.reserve(ALICE);
        }
        assertThat(contexts.count()).isEqualTo(20);

        Context _ = contexts.reserve(ALICE);

        assertThat(contexts.count()).isEqualTo(20);
        assertThat(contexts.keep(second.id())).isFalse();
        contexts.endReserved(oldest.id());
        assertThat(contexts.count()).isEqualTo(19);
    }
}
