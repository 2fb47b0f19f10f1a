package dev.carillon.broker.nats.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LastSeenTest {
    private static final Tenant TENANT = new Tenant("a");

    private final LastSeen seen = new LastSeen(true);

    @Test
    void later_event_replaces_an_earlier_one_and_never_the_reverse() {
        seen.note(TENANT, new Position(1, 5, 50));
        seen.note(TENANT, new Position(1, 4, 40));
        assertThat(seen.sequence(TENANT, 1)).isEqualTo(5);

        seen.note(TENANT, new Position(2, 1, 60));
        seen.note(TENANT, new Position(1, 9, 55));
        assertThat(seen.sequence(TENANT, 2)).isEqualTo(1);
        assertThat(seen.sequence(TENANT, 1)).isZero();
    }

    @Test
    void time_is_kept_in_whichever_order_the_answer_and_the_event_arrive() {
        Position answer = new Position(1, 5, 0);
        Position event = new Position(1, 5, 50);
        seen.note(TENANT, answer);
        seen.note(TENANT, event);
        seen.note(TENANT, answer);

        assertThat(seen.of(TENANT)).isEqualTo(event);
    }

    @Test
    void loss_is_not_overwritten_by_the_history_that_replaced_it() {
        seen.received(TENANT, new Position(1, 149, 149));
        seen.received(TENANT, new Position(1, 150, 150));

        assertThat(seen.received(TENANT, new Position(1, 101, 201))).isTrue();
        for (int i = 102; i <= 160; i++) {
            assertThat(seen.received(TENANT, new Position(1, i, 200 + i))).isFalse();
            seen.note(TENANT, new Position(1, i, 0));
        }

        assertThat(seen.of(TENANT)).isEqualTo(new Position(1, 150, 150));
        assertThat(seen.unresolved(TENANT)).isTrue();
    }

    @Test
    void another_event_with_the_last_sequence_makes_the_log_suspect_and_a_second_copy_does_not() {
        Position event = new Position(1, 150, 150);
        seen.received(TENANT, event);

        assertThat(seen.received(TENANT, event)).isFalse();
        assertThat(seen.received(TENANT, new Position(1, 150, 250))).isTrue();
        assertThat(seen.of(TENANT)).isEqualTo(event);
    }

    @Test
    void check_that_passed_continues_with_the_events_received_since() {
        seen.received(TENANT, new Position(1, 150, 150));
        seen.received(TENANT, new Position(1, 149, 149));
        LastSeen.Seen checked = Objects.requireNonNull(seen.seen(TENANT));
        seen.received(TENANT, new Position(1, 151, 151));
        seen.passed(TENANT, checked);

        assertThat(seen.unresolved(TENANT)).isFalse();
        assertThat(seen.of(TENANT)).isEqualTo(new Position(1, 151, 151));
    }

    @Test
    void check_that_began_before_the_suspicion_does_not_clear_it() {
        seen.received(TENANT, new Position(1, 150, 150));
        LastSeen.Seen checked = Objects.requireNonNull(seen.seen(TENANT));
        seen.received(TENANT, new Position(1, 101, 201));
        seen.passed(TENANT, checked);

        assertThat(seen.unresolved(TENANT)).isTrue();
        assertThat(seen.of(TENANT)).isEqualTo(new Position(1, 150, 150));
    }

    @Test
    void new_connection_keeps_the_last_event_until_the_check_and_a_new_epoch_ends_that() {
        seen.received(TENANT, new Position(1, 150, 150));
        seen.suspectAll();
        seen.received(TENANT, new Position(1, 151, 251));
        assertThat(seen.of(TENANT)).isEqualTo(new Position(1, 150, 150));

        seen.received(TENANT, new Position(2, 152, 252));
        assertThat(seen.of(TENANT)).isEqualTo(new Position(2, 152, 252));
        assertThat(seen.unresolved(TENANT)).isFalse();
    }

    @Test
    void number_of_tenants_is_bounded() {
        for (int i = 0; i <= LastSeen.MAX; i++) {
            seen.note(new Tenant("t" + i), new Position(1, 5, 50));
        }

        assertThat(seen.of(new Tenant("t" + LastSeen.MAX))).isNotNull();
        assertThat(seen.size()).isEqualTo(LastSeen.MAX);
    }

    @Test
    void log_on_one_server_needs_no_notes() {
        LastSeen single = new LastSeen(false);
        single.note(TENANT, new Position(1, 5, 50));

        assertThat(single.of(TENANT)).isNull();
    }
}
