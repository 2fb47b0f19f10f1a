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
    void selectors_match_equal_topics_and_expansions_of_templates() {
        assertThat(selectors.matches(topic("https://example.com/books/1"))).isTrue();
        assertThat(selectors.matches(topic("https://example.com/books/2"))).isFalse();
        assertThat(selectors.matches(topic("https://example.com/users/7"))).isTrue();
        assertThat(selectors.matches(topic("https://example.com/users/7/books/1")))
                .isTrue();
        assertThat(selectors.matches(topic("https://example.com/users/7/books")))
                .isFalse();
    }

    @Test
    void selector_that_is_no_template_matches_only_the_equal_topic() {
        assertThat(selectors.matches(topic("https://example.com/{malformed"))).isTrue();
        assertThat(selectors.matches(topic("https://example.com/malformed"))).isFalse();
        assertThat(selectors.matches(topic("room*"))).isTrue();
        assertThat(selectors.matches(topic("room1"))).isFalse();
    }

    @Test
    void template_matches_the_topic_with_its_own_text() {
        assertThat(selectors.matches(topic("https://example.com/users/{id}"))).isTrue();
    }

    @Test
    void star_matches_every_topic_and_no_other_scope() {
        TopicSelectors any = TopicSelectors.of(List.of("a", "*"));

        assertThat(any.matches(topic("b"))).isTrue();
        for (String scope : List.of("global", "system", "route:/b", "user:b", "session:b", "tab:b")) {
            assertThat(any.matches(Scope.parse(scope))).as(scope).isFalse();
        }
    }

    @Test
    void selectors_match_no_scopes_other_than_topics() {
        TopicSelectors names = TopicSelectors.of(List.of("b", "/b", "{x}", "{/x}", "user:b"));

        for (String scope : List.of("global", "system", "route:/b", "user:b", "session:b", "tab:b")) {
            assertThat(names.matches(Scope.parse(scope))).as(scope).isFalse();
        }
        assertThat(TopicSelectors.of(List.of()).matches(topic("b"))).isFalse();
    }

    @Test
    void each_of_many_selectors_is_used() {
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
