package dev.carillon.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.Scope;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopicSelectorsTest {
    private final TopicSelectors selectors = TopicSelectors.of(List.of(
            "https://example.com/books/1",
            "https://example.com/users/{id}",
            "https://example.com/{malformed",
            "room*",
            "",
            "https://example.com/users/{id}/books/{book}"));

    @Test
    void a_topic_matches_that_is_equal_or_that_a_template_expands_to() {
        assertThat(selectors.matches(topic("https://example.com/books/1"))).isTrue();
        assertThat(selectors.matches(topic("https://example.com/books/2"))).isFalse();
        assertThat(selectors.matches(topic("https://example.com/users/7"))).isTrue();
        assertThat(selectors.matches(topic("https://example.com/users/7/books/1")))
                .isTrue();
        assertThat(selectors.matches(topic("https://example.com/users/7/books")))
                .isFalse();
    }

    @Test
    void what_is_no_template_is_equality_only() {
        assertThat(selectors.matches(topic("https://example.com/{malformed"))).isTrue();
        assertThat(selectors.matches(topic("https://example.com/malformed"))).isFalse();
        assertThat(selectors.matches(topic("room*"))).isTrue();
        assertThat(selectors.matches(topic("room1"))).isFalse();
    }

    @Test
    void the_text_of_a_template_is_a_topic_too() {
        assertThat(selectors.matches(topic("https://example.com/users/{id}"))).isTrue();
    }

    @Test
    void a_star_is_any_topic_and_nothing_else() {
        TopicSelectors any = TopicSelectors.of(List.of("a", "*"));

        assertThat(any.matches(topic("b"))).isTrue();
        for (String scope : List.of("global", "system", "route:/b", "user:b", "session:b", "tab:b")) {
            assertThat(any.matches(Scope.parse(scope))).as(scope).isFalse();
        }
    }

    @Test
    void scopes_that_are_no_topics_match_nothing() {
        TopicSelectors names = TopicSelectors.of(List.of("b", "/b", "{x}", "{/x}", "user:b"));

        for (String scope : List.of("global", "system", "route:/b", "user:b", "session:b", "tab:b")) {
            assertThat(names.matches(Scope.parse(scope))).as(scope).isFalse();
        }
        assertThat(TopicSelectors.of(List.of()).matches(topic("b"))).isFalse();
    }

    @Test
    void each_of_many_selectors_counts() {
        TopicSelectors many = TopicSelectors.of(IntStream.range(0, 1_000)
                .mapToObj(i -> i % 2 == 0 ? "t" + i : "t" + i + "/{x}")
                .toList());

        assertThat(many.matches(topic("t998"))).isTrue();
        assertThat(many.matches(topic("t999/x"))).isTrue();
        assertThat(many.matches(topic("t999"))).isFalse();
        assertThat(many.matches(topic("t998/x"))).isFalse();
    }

    private static Scope topic(String name) {
        return Scope.topic(name);
    }
}
