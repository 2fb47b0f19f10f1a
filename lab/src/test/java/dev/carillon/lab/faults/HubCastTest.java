package dev.carillon.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.account.Lane;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.scope.Scope;
import dev.carillon.template.TopicSelectors;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the cast of a hub's run wrote down of its selectors is what they mean, and the wrong ones are there to be found. */
class HubCastTest {
    private static final int SUBSCRIBERS = 300;

    private final HubCast cast = new HubCast();
    private final List<Subscriber> subscribers = cast.subscribers(SUBSCRIBERS);
    private final List<Lane> lanes = cast.lanes().stream().flatMap(List::stream).toList();

    @Test
    void selectors_match_the_topics_that_are_written_down_and_no_others() {
        for (int i = 0; i < SUBSCRIBERS; i++) {
            for (Lane lane : lanes) {
                for (String topic : lane.scopes()) {
                    assertThat(matches(cast.selectors(i), topic))
                            .as(cast.selectors(i) + " of " + topic)
                            .isEqualTo(subscribers.get(i).scopes().contains(topic));
                    assertThat(matches(cast.grants(i), topic))
                            .as(cast.grants(i) + " of " + topic)
                            .isEqualTo(subscribers.get(i).granted().contains(topic));
                }
            }
        }
    }

    @Test
    void every_private_lane_has_some_who_ask_for_it_and_may_have_it_and_some_who_may_not() {
        for (Lane lane : lanes) {
            if (lane.restricted()) {
                List<Subscriber> asking = subscribers.stream()
                        .filter(subscriber -> subscriber.tenant().equals(lane.tenant()))
                        .filter(subscriber -> lane.scopes().stream().anyMatch(subscriber.scopes()::contains))
                        .toList();
                long granted = asking.stream()
                        .filter(subscriber -> lane.scopes().stream().anyMatch(subscriber.granted()::contains))
                        .count();
                assertThat(granted).as("%s", lane).isBetween(1L, asking.size() - 1L);
            }
        }
    }

    private static boolean matches(List<String> selectors, String topic) {
        return TopicSelectors.of(selectors).matches(Scope.topic(topic));
    }
}
