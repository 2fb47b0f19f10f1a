package dev.carillon.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.fanout.DeliveryLog.Cause;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Every ring is bounded, and knows since when it is complete. */
class RecordsTest {
    private static final Tenant ACME = Tenant.ofToken("acme");

    private record Numbered(long atMillis) implements Ring.Timed {}

    @Test
    void ring_keeps_the_last_records_in_order() {
        Ring<Numbered> ring = new Ring<>(20);
        for (int i = 1; i <= 50; i++) {
            ring.add(new Numbered(i));
            assertThat(ring.all()).hasSize(Math.min(i, 20));
        }

        assertThat(ring.all())
                .extracting(Numbered::atMillis)
                .startsWith(31L)
                .endsWith(50L)
                .isSorted();
        assertThat(ring.knownSinceMillis(0)).isEqualTo(31);
    }

    @Test
    void ring_that_has_overwritten_nothing_is_complete_since_the_start() {
        Ring<Numbered> ring = new Ring<>(3);
        for (int i = 1; i <= 3; i++) {
            ring.add(new Numbered(100 + i));
        }

        assertThat(ring.knownSinceMillis(7)).isEqualTo(7);
        ring.add(new Numbered(104));
        assertThat(ring.knownSinceMillis(7)).isEqualTo(102);
    }

    @Test
    void ring_without_capacity_keeps_nothing() {
        Ring<Numbered> ring = new Ring<>(0);
        ring.add(new Numbered(1));
        Arrivals arrivals = new Arrivals(0);
        arrivals.add(ACME, at(1), false, 1);
        LeftOut leftOut = new LeftOut(0);
        leftOut.add(1, at(1), Cause.LATE, 1);

        assertThat(ring.all()).isEmpty();
        assertThat(arrivals.of(ACME, at(1))).isNull();
        assertThat(arrivals.covers(ACME, at(1))).isFalse();
        assertThat(leftOut.of(at(1))).isEmpty();
        assertThat(new Records(0, 5).isOn()).isFalse();
        assertThat(new Records(0, 5).knownSinceMillis()).isEqualTo(5);
    }

    @Test
    void arrivals_are_found_by_tenant_and_position_until_they_are_overwritten() {
        Arrivals arrivals = new Arrivals(4);
        for (int i = 1; i <= 6; i++) {
            arrivals.add(i % 2 == 0 ? ACME : Tenant.DEFAULT, at(i), i == 5, 1_000 + i);
        }

        assertThat(arrivals.of(ACME, at(6))).isEqualTo(new Arrivals.Arrival(1_006, false));
        assertThat(arrivals.of(Tenant.DEFAULT, at(5))).isEqualTo(new Arrivals.Arrival(1_005, true));
        assertThat(arrivals.of(Tenant.DEFAULT, at(6))).isNull();
        assertThat(arrivals.of(ACME, at(2))).isNull();
        assertThat(arrivals.knownSinceMillis(0)).isEqualTo(1_003);
        assertThat(arrivals.covers(ACME, at(5))).isTrue();
        assertThat(arrivals.covers(ACME, at(3))).isFalse();
        assertThat(arrivals.covers(Tenant.ofToken("other"), at(9))).isFalse();
    }

    @Test
    void events_left_out_are_found_by_position_until_they_are_overwritten() {
        LeftOut leftOut = new LeftOut(3);
        leftOut.add(1, at(1), Cause.OUTBOX_FULL, 11);
        leftOut.add(1, at(2), Cause.OUTBOX_FULL, 12);
        leftOut.add(2, at(2), Cause.REPLACED, 13);
        leftOut.add(3, at(2), Cause.LATE, 14);

        assertThat(leftOut.of(at(1))).isEmpty();
        assertThat(leftOut.of(at(2)))
                .containsOnlyKeys(1, 2, 3)
                .containsEntry(2, new LeftOut.Reason(13, Cause.REPLACED));
        assertThat(leftOut.knownSinceMillis(0)).isEqualTo(12);
    }

    @Test
    void records_have_no_data_and_no_long_lists_of_an_event() {
        Event small = Event.to(Scope.topic("a"), Scope.topic("b"))
                .id("given")
                .type("order")
                .data("secret")
                .isPrivate(true)
                .build();
        EventFacts kept = Objects.requireNonNull(EventParts.of(small)).facts(Tenant.DEFAULT, "given", at(3));

        assertThat(kept.event().data()).isEmpty();
        assertThat(kept.event().scopes()).isEqualTo(small.scopes());
        assertThat(kept.event().isPrivate()).isTrue();
        assertThat(kept.inLog()).isFalse();
        List<Scope> many = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            many.add(Scope.topic("t" + i));
        }
        assertThat(EventParts.of(Event.to(many).build())).isNull();
        assertThat(EventParts.of(Event.to(Scope.topic("x".repeat(600)), Scope.topic("y".repeat(600)))
                        .build()))
                .isNull();
    }

    @Test
    void question_is_the_same_after_it_was_read() {
        EventFacts facts = new EventFacts(
                Event.to(Scope.topic("a"), Scope.user("ann"))
                        .type("order")
                        .tags(Map.of("region", "eu"))
                        .readers(List.of("ann", "ben"))
                        .retain(true)
                        .build(),
                "given",
                new Position(7, 8, 9_000),
                12,
                true);
        Question question = new Question(Tenant.DEFAULT, "given", facts, "context", "ann");

        assertThat(Question.read(question.text())).isEqualTo(question);
        assertThat(question.text()).contains("\"epoch\":7").doesNotContain("data");
        Question bare = new Question(ACME, "given", null, null, null);
        assertThat(Question.read(bare.text())).isEqualTo(bare);
        assertThat(bare.isAboutClients()).isFalse();
    }

    private static Position at(long sequence) {
        return new Position(1, sequence, 0);
    }
}
