package dev.carillon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import dev.carillon.template.TopicSelectors;
import java.util.List;
import org.junit.jupiter.api.Test;

class GrantsTest {
    @Test
    void grants_cover_the_scopes_that_any_selector_matches() {
        Grants grants = new Grants(
                Tenant.DEFAULT,
                null,
                List.of(TopicSelectors.of(List.of("books/{id}", "news")), new Selector("route:/board")),
                List.of(TopicSelectors.of(List.of("books/{id}"))),
                null);

        assertThat(grants.mayReadAnyOf(List.of(Scope.topic("x"), Scope.topic("news"))))
                .isTrue();
        assertThat(grants.mayReadAnyOf(List.of(Scope.route("/board")))).isTrue();
        assertThat(grants.mayReadAnyOf(List.of(Scope.topic("books/1/2"), Scope.route("/x"))))
                .isFalse();
        assertThat(grants.mayBroadcast(Scope.topic("books/1"))).isTrue();
        assertThat(grants.mayBroadcast(Scope.topic("news"))).isFalse();
        assertThat(grants.mayBroadcast(Scope.route("/board"))).isFalse();
    }
}
