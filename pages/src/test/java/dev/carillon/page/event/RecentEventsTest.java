package dev.carillon.page.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.Scope;
import org.junit.jupiter.api.Test;

class RecentEventsTest {
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");

    private final RecentEvents recent = new RecentEvents();

    @Test
    void event_of_two_scopes_is_new_in_the_first_of_them_that_it_arrives_in() {
        assertThat(recent.isNew("1", B)).isTrue();
        assertThat(recent.isNew("1", A)).isFalse();
    }

    @Test
    void other_event_with_an_id_that_is_used_again_is_new() {
        assertThat(recent.isNew("1", A)).isTrue();
        assertThat(recent.isNew("1", A)).isTrue();
        assertThat(recent.isNew("1", B)).isFalse();
        assertThat(recent.isNew("1", B)).isFalse();
    }

    @Test
    void oldest_events_are_forgotten() {
        for (int i = 0; i <= RecentEvents.MAX; i++) {
            assertThat(recent.isNew("id-" + i, A)).isTrue();
        }

        assertThat(recent.isNew("id-1", B)).isFalse();
        assertThat(recent.isNew("id-0", B)).isTrue();
    }
}
