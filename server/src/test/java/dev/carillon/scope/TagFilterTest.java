package dev.carillon.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TagFilterTest {
    private static TagFilter filter(String... conditions) {
        return Objects.requireNonNull(TagFilter.parse(List.of(conditions)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "region:eu; eu; true",
                "region:eu; eu-west; false",
                "region:eu,us; us; true",
                "region:eu,us; asia; false",
                "region:eu*; eu-west; true",
                "region:eu*; asia; false",
                "region:a,eu*; eu-west; true",
                "region:*; anything; true",
                "region:a\\,b; a,b; true",
                "region:a\\,b; a; false",
                "region:a\\*; a*; true",
                "region:a\\*; ab; false",
                "region:a:b; a:b; true",
            })
    void a_condition_matches_values_sets_and_prefixes(String condition, String value, boolean matches) {
        assertThat(filter(condition).matches(Map.of("region", value))).isEqualTo(matches);
    }

    @Test
    void an_event_without_the_tag_does_not_match() {
        assertThat(filter("region:*").matches(Map.of("level", "high"))).isFalse();
    }

    @Test
    void all_conditions_must_match() {
        TagFilter filter = filter("region:eu", "level:high");

        assertThat(filter.matches(Map.of("region", "eu", "level", "high"))).isTrue();
        assertThat(filter.matches(Map.of("region", "eu", "level", "low"))).isFalse();
    }

    @Test
    void an_event_that_is_also_in_a_scope_without_filter_is_admitted() {
        Event event = Event.to(Scope.topic("a"), Scope.user("ann")).build();

        assertThat(filter("region:eu").admits(event, Scope.user("ann")::equals)).isTrue();
        assertThat(filter("region:eu").admits(event, Scope.topic("a")::equals)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "region", ":eu", "re gion:eu", "region:a*b", "region:a\\"})
    void a_malformed_condition_is_refused(String condition) {
        assertThatThrownBy(() -> TagFilter.parse(List.of(condition)))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageStartingWith("filter");
    }

    @Test
    void a_filter_is_bounded() {
        assertThatThrownBy(() -> TagFilter.parse(Collections.nCopies(11, "a:b")))
                .hasMessageContaining("at most 10 conditions");
        assertThatThrownBy(() -> TagFilter.parse(List.of("a:" + "b".repeat(TagFilter.MAX_LENGTH))))
                .hasMessageContaining("1024 characters");
    }
}
