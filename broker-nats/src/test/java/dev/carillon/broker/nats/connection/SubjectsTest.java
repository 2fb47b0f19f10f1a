package dev.carillon.broker.nats.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SubjectsTest {
    @Test
    void subjects_are_short_and_well_formed_for_any_name() {
        Tenant tenant = new Tenant("A.b_c-".repeat(10));
        List<String> names = List.of(" ", "a.*.>", "\u2028", "ü🔔", "x".repeat(Scope.MAX_NAME_BYTES));

        for (String name : names) {
            String key = Subjects.key(Scope.topic(name));
            Stream.of(
                            Subjects.log(tenant, Long.MAX_VALUE, key),
                            Subjects.live(tenant, key),
                            Subjects.id(tenant, name, Scope.topic(name)),
                            Subjects.retained(tenant, key),
                            Subjects.store(new Store.Key(tenant, "a-kind", name)))
                    .forEach(subject -> assertThat(subject)
                            .matches("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)+")
                            .hasSizeLessThan(300));
        }
    }

    @Test
    void tenants_have_distinct_tokens() {
        List<String> names = List.of("a.b", "a_b", "a__b", "a_db", "a-b", "a._b", "a_.b", "ab", "AB", "d.b", "d_db");

        assertThat(names.stream().map(Tenant::new).map(Subjects::token))
                .doesNotHaveDuplicates()
                .allMatch(token -> token.matches("[A-Za-z0-9_-]+"));
    }

    @Test
    void key_determines_the_chain_of_an_event() {
        Scope a = Scope.topic("a");
        assertThat(Subjects.key(Event.to(a).build())).hasSize(43).isEqualTo(Subjects.key(a));
        assertThat(Subjects.key(Event.to(a, Scope.GLOBAL).build())).isEqualTo(Subjects.MULTI);
        assertThat(Subjects.key(Event.to(a).retain(true).build())).isEqualTo(Subjects.RETAINED);
    }

    @Test
    void epoch_is_read_from_the_subject() {
        assertThat(Subjects.epoch(Subjects.log(new Tenant("a.b_1"), 1_795_339_922_820L, Subjects.MULTI)))
                .isEqualTo(1_795_339_922_820L);
    }
}
