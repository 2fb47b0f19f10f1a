package dev.carillon.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitSearchTest {
    @ParameterizedTest
    @ValueSource(doubles = {11, 160, 999, 54_321})
    void the_limit_is_found_within_a_tenth(double limit) {
        LimitSearch search = LimitSearch.of(new LimitSearch.Bounds(10, 100_000, 30));
        while (!search.isDone()) {
            search = search.tried(search.next(), search.next() <= limit);
        }

        assertThat(search.holds()).isBetween(limit / LimitSearch.CLOSE, limit);
        assertThat(search.steps()).isLessThanOrEqualTo(18);
    }

    @Test
    void a_limit_below_the_first_rate_is_found_too() {
        LimitSearch search = LimitSearch.of(new LimitSearch.Bounds(100, 1_000, 30));
        while (!search.isDone()) {
            search = search.tried(search.next(), search.next() <= 40);
        }

        assertThat(search.holds()).isBetween(36.0, 40.0);
    }

    @Test
    void a_bound_that_nothing_holds_ends_the_search() {
        LimitSearch search = LimitSearch.of(new LimitSearch.Bounds(100, 1_000, 30));
        while (!search.isDone()) {
            search = search.tried(search.next(), false);
        }

        assertThat(search.holds()).isZero();
        assertThat(search.steps()).isLessThan(10);
    }

    @Test
    void a_search_tries_at_most_the_highest_rate_and_the_number_of_steps() {
        LimitSearch unlimited = LimitSearch.of(new LimitSearch.Bounds(100, 1_000, 30));
        LimitSearch brief = LimitSearch.of(new LimitSearch.Bounds(100, 1e6, 2));
        while (!unlimited.isDone()) {
            unlimited = unlimited.tried(unlimited.next(), true);
        }
        while (!brief.isDone()) {
            brief = brief.tried(brief.next(), true);
        }

        assertThat(unlimited.holds()).isEqualTo(1_000);
        assertThat(unlimited.isExact()).isTrue();
        assertThat(brief.holds()).isEqualTo(200);
        assertThat(brief.isExact()).isFalse();
    }
}
