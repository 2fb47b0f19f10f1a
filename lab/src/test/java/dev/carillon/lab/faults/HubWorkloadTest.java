package dev.carillon.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.scope.Scope;
import dev.carillon.template.TopicSelectors;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The topics that the hub's workload lists for its selectors are those that they match, and it has subscribers without grants. */
class HubWorkloadTest {
    private static final int SUBSCRIBERS = 300;

    private final HubWorkload workload = new HubWorkload();
    private final List<Subscriber> subscribers = workload.subscribers(SUBSCRIBERS);
    private final List<EventSequence> sequences =
            workload.sequences().stream().flatMap(List::stream).toList();

    @Test
    void selectors_match_exactly_the_listed_topics() {
        for (int i = 0; i < SUBSCRIBERS; i++) {
            for (EventSequence sequence : sequences) {
                for (String topic : sequence.scopes()) {
                    assertThat(matches(workload.selectors(i), topic))
                            .as(workload.selectors(i) + " of " + topic)
                            .isEqualTo(subscribers.get(i).scopes().contains(topic));
                    assertThat(matches(workload.grants(i), topic))
                            .as(workload.grants(i) + " of " + topic)
                            .isEqualTo(subscribers.get(i).granted().contains(topic));
                }
            }
        }
    }

    @Test
    void every_private_sequence_has_subscribers_with_and_without_a_grant() {
        for (EventSequence sequence : sequences) {
            if (sequence.restricted()) {
                List<Subscriber> subscribed = subscribers.stream()
                        .filter(subscriber -> subscriber.tenant().equals(sequence.tenant()))
                        .filter(subscriber -> sequence.scopes().stream().anyMatch(subscriber.scopes()::contains))
                        .toList();
                long granted = subscribed.stream()
                        .filter(subscriber -> sequence.scopes().stream().anyMatch(subscriber.granted()::contains))
                        .count();
                assertThat(granted).as("%s", sequence).isBetween(1L, subscribed.size() - 1L);
            }
        }
    }

    private static boolean matches(List<String> selectors, String topic) {
        return TopicSelectors.of(selectors).matches(Scope.topic(topic));
    }
}
