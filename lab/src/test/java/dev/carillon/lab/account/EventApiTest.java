package dev.carillon.lab.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests of broadcasters and subscribers. */
class EventApiTest {
    private static final EventSequence PUBLIC =
            new EventSequence(0, "default", List.of("https://a.test/1", "b&c"), false);
    private static final EventSequence RESTRICTED = new EventSequence(1, "default", List.of("topic:t"), true);

    @Test
    void updates_are_forms_in_which_the_presence_of_private_counts() {
        assertThat(EventApi.MERCURE.body(PUBLIC, "r-0-1", "0 1 x"))
                .isEqualTo("topic=https%3A%2F%2Fa.test%2F1&topic=b%26c&type=count&id=r-0-1&data=0+1+x");
        assertThat(EventApi.MERCURE.body(RESTRICTED, "r-1-1", "1 1"))
                .isEqualTo("topic=t&type=count&id=r-1-1&data=1+1&private=");
    }

    @Test
    void events_are_broadcast_as_json() {
        assertThat(EventApi.EVENTS.body(RESTRICTED, "r-1-1", "1 1"))
                .isEqualTo(
                        "{\"scopes\":[\"topic:t\"],\"type\":\"count\",\"id\":\"r-1-1\",\"data\":\"1 1\",\"private\":true}");
    }

    @Test
    void a_subscription_names_each_selector() {
        assertThat(EventApi.subscription(List.of("https://a.test/{id}", "*")))
                .isEqualTo("/.well-known/mercure?topic=https%3A%2F%2Fa.test%2F%7Bid%7D&topic=*");
    }
}
