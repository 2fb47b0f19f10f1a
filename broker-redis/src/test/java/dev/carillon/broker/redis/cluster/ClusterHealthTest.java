package dev.carillon.broker.redis.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.HealthEvent;
import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cluster of two servers, each with half of the slots. */
class ClusterHealthTest {
    private static final int HALF = ClusterSlots.COUNT / 2;
    private static final ClusterSlots SLOTS = ClusterSlots.of(
            List.of(
                    List.of(0L, HALF - 1L, List.of("low", 1L)),
                    List.of((long) HALF, ClusterSlots.COUNT - 1L, List.of("high", 1L))),
            "");
    private static final ClusterSlots.Server LOW_SERVER = new ClusterSlots.Server("low", 1);
    private static final Tenant LOW = tenant("low");
    private static final Tenant HIGH = tenant("high");

    private final BitSet connected = new BitSet();
    private final List<String> events = new ArrayList<>();
    private final ClusterRoutes routes = new ClusterRoutes();
    private final ClusterHealth health =
            new ClusterHealth(routes, () -> (BitSet) connected.clone(), () -> Instant.EPOCH);

    @BeforeEach
    void start() {
        routes.set(SLOTS, Map.of());
        connected.set(0, ClusterSlots.COUNT);
        health.started();
        health.listen(event -> events.add(event.getClass().getSimpleName()
                + (event.affects(LOW) ? " low" : "")
                + (event.affects(HIGH) ? " high" : "")));
    }

    @Test
    void lost_server_is_unavailable_until_it_is_connected_and_may_have_lost_events_after_that() {
        lose();
        assertThat(health.connected(LOW)).isFalse();
        assertThat(health.connected(HIGH)).isTrue();
        assertThat(health.unavailableSince()).isPresent();
        health.update(Set.of());
        reconnect();

        assertThat(events).containsExactly("Unavailable low", "Connected low", "PossibleLoss low");
        assertThat(health.connected()).isTrue();
        assertThat(health.unavailableSince()).isEmpty();
    }

    @Test
    void moving_tenant_is_unavailable_until_it_has_moved() {
        health.moving(Set.of(HIGH));
        assertThat(health.connected(HIGH)).isFalse();
        health.update(Set.of(HIGH));
        assertThat(events).containsExactly("Unavailable high");

        health.update(Set.of());

        assertThat(events).containsExactly("Unavailable high", "Connected high", "PossibleLoss high");
    }

    @Test
    void listener_finds_the_state_that_it_is_notified_of() {
        List<Boolean> states = new ArrayList<>();
        health.listen(event -> states.add(health.connected(LOW)));

        lose();
        reconnect();

        assertThat(states).containsExactly(false, true, true);
    }

    @Test
    void possible_loss_affects_the_connected_tenants_of_one_server() {
        health.possibleLoss(LOW_SERVER, "by the test");
        assertThat(events).containsExactly("PossibleLoss low");
        lose();
        events.clear();

        health.possibleLoss(LOW_SERVER, "by the test");

        assertThat(events).as("reported when it is connected").isEmpty();
    }

    @Test
    void closed_link_is_unavailable_and_reports_nothing() {
        health.close();
        health.update(Set.of());
        health.lost(LOW_SERVER, "by the test");
        health.possibleLoss(LOW_SERVER, "by the test");

        assertThat(events).isEmpty();
        assertThat(health.connected(HIGH)).isFalse();
        assertThat(health.unavailableSince()).contains(Instant.EPOCH);
    }

    @Test
    void failure_of_a_listener_does_not_keep_events_from_the_next_one() {
        List<HealthEvent> received = new ArrayList<>();
        health.listen(event -> {
            throw new IllegalStateException("by the test");
        });
        health.listen(received::add);

        lose();

        assertThat(received).hasSize(1);
    }

    private void lose() {
        connected.clear(0, HALF);
        health.lost(LOW_SERVER, "by the test");
    }

    private void reconnect() {
        connected.set(0, HALF);
        health.update(Set.of());
    }

    private static Tenant tenant(String host) {
        for (int i = 0; ; i++) {
            Tenant tenant = new Tenant("t" + i);
            if (new ClusterSlots.Server(host, 1).equals(SLOTS.of(tenant))) {
                return tenant;
            }
        }
    }
}
