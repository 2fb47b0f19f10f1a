package dev.carillon.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScopeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"global", "system", "route:/board", "topic:a:b", "user:ü 🔔", "session:x", "tab:y", "topic:*"})
    void parsed_scope_has_the_same_text(String text) {
        assertThat(Scope.parse(text).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "topic",
                "topic:",
                "Global",
                "global:",
                "global:x",
                "system:x",
                "room:x",
                "route:board",
                "topic:a\nb",
                "topic:\u0000",
                "topic:\ud800",
                " global"
            })
    void other_texts_are_refused_with_a_message_of_one_line(String text) {
        assertThatThrownBy(() -> Scope.parse(text))
                .isInstanceOf(CarillonException.class)
                .hasMessageStartingWith("scope \"")
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).doesNotContain("\n"));
    }

    @Test
    void name_is_limited_in_bytes() {
        assertThat(Scope.topic("ü".repeat(512)).name()).hasSize(512);
        assertThatThrownBy(() -> Scope.topic("ü".repeat(513))).hasMessageContaining("1024 bytes");
    }

    @Test
    void star_in_a_selector_matches_any_characters_but_not_the_system_scope() {
        assertThat(new Selector("*").matches(Scope.topic("x"))).isTrue();
        assertThat(new Selector("*").matches(Scope.GLOBAL)).isTrue();
        assertThat(new Selector("*").matches(Scope.SYSTEM)).isFalse();
        assertThat(new Selector("sys*").matches(Scope.SYSTEM)).isFalse();
        assertThat(new Selector("system").matches(Scope.SYSTEM)).isTrue();
        assertThat(new Selector("topic:room/*").matches(Scope.topic("room/1/2")))
                .isTrue();
        assertThat(new Selector("topic:room/*").matches(Scope.topic("rooms"))).isFalse();
        assertThat(new Selector("topic:*/a/*b").matches(Scope.topic("x/a/a/yb")))
                .isTrue();
        assertThat(new Selector("topic:*/a/*b").matches(Scope.topic("x/a/yc"))).isFalse();
        assertThat(new Selector("route:/").matches(Scope.route("/x"))).isFalse();
    }

    @Test
    void hostile_selector_is_matched_in_bounded_time() {
        Selector hostile = new Selector("topic:" + "*a".repeat(500) + "*b");

        assertThat(hostile.matches(Scope.topic("a".repeat(1024)))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "_system", "-a", ".a", "a b", "a{b}", "ü", "a/b"})
    void invalid_and_reserved_tenant_names_are_refused(String name) {
        assertThatThrownBy(() -> Tenant.ofToken(name)).isInstanceOf(CarillonException.class);
    }

    @Test
    void default_policies_depend_on_the_kind_of_scope() {
        assertThat(ScopePolicies.DEFAULT.of(Scope.topic("x")).historyEvents()).isEqualTo(10_000);
        assertThat(ScopePolicies.DEFAULT.of(Scope.GLOBAL).historyEvents()).isEqualTo(1_000);
        assertThat(ScopePolicies.DEFAULT.of(Scope.SYSTEM).keepsHistory()).isFalse();
        assertThat(ScopePolicies.DEFAULT.longestAge()).isEqualTo(Duration.ofHours(1));
        assertThat(ScopePolicies.DEFAULT.mostEvents()).isEqualTo(10_000);
    }
}
