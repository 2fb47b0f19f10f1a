package dev.carillon.lab.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a broadcaster sends, and what a subscriber asks for. */
class FaceTest {
    private static final Lane PUBLIC = new Lane(0, "default", List.of("https://a.test/1", "b&c"), false);
    private static final Lane RESTRICTED = new Lane(1, "default", List.of("topic:t"), true);

    @Test
    void the_hub_takes_a_form_in_which_private_is_told_by_its_presence() {
        assertThat(Face.MERCURE.body(PUBLIC, "r-0-1", "0 1 x"))
                .isEqualTo("topic=https%3A%2F%2Fa.test%2F1&topic=b%26c&type=count&id=r-0-1&data=0+1+x");
        assertThat(Face.MERCURE.body(RESTRICTED, "r-1-1", "1 1"))
                .isEqualTo("topic=topic%3At&type=count&id=r-1-1&data=1+1&private=");
    }

    @Test
    void events_are_broadcast_as_json() {
        assertThat(Face.EVENTS.body(RESTRICTED, "r-1-1", "1 1"))
                .isEqualTo(
                        "{\"scopes\":[\"topic:t\"],\"type\":\"count\",\"id\":\"r-1-1\",\"data\":\"1 1\",\"private\":true}");
    }

    @Test
    void a_subscription_names_each_selector() {
        assertThat(Face.subscription(List.of("https://a.test/{id}", "*")))
                .isEqualTo("/.well-known/mercure?topic=https%3A%2F%2Fa.test%2F%7Bid%7D&topic=*");
    }
}
