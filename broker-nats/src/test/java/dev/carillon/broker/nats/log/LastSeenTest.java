package dev.carillon.broker.nats.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
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
