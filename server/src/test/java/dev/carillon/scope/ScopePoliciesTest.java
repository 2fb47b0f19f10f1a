package dev.carillon.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScopePoliciesTest {
    private final ScopePolicies policies = ScopePolicies.parse(
            List.of("topic:chat/*=500/10m", "topic:cursors/*=0/node", "route:*=0", "topic:a=b=7/30s"));

    @Test
    void first_matching_row_applies_and_the_default_rows_come_last() {
        assertThat(policies.of(Scope.topic("chat/7")).historyEvents()).isEqualTo(500);
        assertThat(policies.of(Scope.topic("chat/7")).historyAge()).isEqualTo(Duration.ofMinutes(10));
        assertThat(policies.of(Scope.route("/a")).keepsHistory()).isFalse();
        assertThat(policies.of(Scope.topic("a=b")).historyAge()).isEqualTo(Duration.ofSeconds(30));
        assertThat(policies.of(Scope.topic("news")).historyAge()).isEqualTo(Duration.ofHours(1));
        assertThat(policies.of(Scope.GLOBAL).historyAge()).isEqualTo(Duration.ofSeconds(60));
        assertThat(ScopePolicies.parse(List.of("*=9/1h")).of(Scope.SYSTEM).keepsHistory())
                .isFalse();
    }

    @Test
    void event_is_delivered_by_one_node_only_if_all_scopes_allow_it_and_it_is_not_retained() {
        Scope cursor = Scope.topic("cursors/1");
        assertThat(policies.reachesNodeAlone(Event.to(cursor).build())).isTrue();
        assertThat(policies.reachesNodeAlone(Event.to(cursor, Scope.GLOBAL).build()))
                .isFalse();
        assertThat(policies.reachesNodeAlone(
                        Event.to(cursor).data("x").retain(true).build()))
                .isFalse();
        assertThat(ScopePolicies.DEFAULT.reachesNodeAlone(Event.to(cursor).build()))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"topic:a", "=5/1m", "topic:a=5", "topic:a=5/1m/node", "topic:a=5/1d", "a=1000001/1m", "a=1/25h"})
    void error_names_the_setting_of_an_invalid_row(String row) {
        assertThatThrownBy(() -> ScopePolicies.parse(List.of(row)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("scope-policies: ");
    }
}
