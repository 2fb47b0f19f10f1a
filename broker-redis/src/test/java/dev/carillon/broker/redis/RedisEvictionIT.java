package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Page;
import dev.carillon.broker.RecordingNode;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that removes keys when its memory is full, against the advice: nodes say so, and a reader learns what it cannot have. */
@Tag("full")
class RedisEvictionIT extends RedisFixture {
    private static final int EVENTS = 200;

    RedisEvictionIT() {
        super("--maxmemory-policy", "allkeys-random");
    }

    @Test
    void node_reports_the_policy() {
        RecordingNode node = node("one");

        assertThat(node.broker().log().durability().description())
                .contains("maxmemory-policy is allkeys-random: Redis may remove parts of a log");
    }

    @ParameterizedTest
    @ValueSource(strings = {"meta", "log", "index"})
    void page_without_an_evicted_key_is_not_called_complete(String kind) {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        two.join(tenant, A);
        List<Position> positions = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            positions.add(broadcast(one, "a" + i, A).at());
            broadcast(one, "b" + i, B);
        }
        await().until(() -> two.data().contains("a4"));

        assertThat(raw().del(key(kind, kind.equals("index") ? A.text() : ""))).isEqualTo(1);

        Page page = get(two.broker().log().read(tenant, List.of(A), positions.get(1), 10));
        assertThat(page.incomplete()).isTrue();
        Page whole = get(two.broker().log().read(tenant, List.of(), positions.get(1), 10));
        assertThat(whole.incomplete() || whole.events().size() == 7).isTrue();
        Position next = broadcast(one, "next", A).at();
        assertThat(next).isGreaterThan(positions.getLast());
        await().until(() -> two.data().contains("next"));
        assertThat(get(two.broker().log().read(tenant, List.of(A), positions.getLast(), 10))
                        .events())
                .extracting(live -> live.event().data())
                .contains("next");
        if (kind.equals("meta")) {
            assertThat(next.epoch()).isGreaterThan(positions.getLast().epoch());
        }
    }

    @Test
    void log_that_loses_random_keys_under_traffic_hides_no_missing_event_from_readers() {
        RecordingNode one = node("one");
        List<Position> positions = new ArrayList<>();
        List<Scope> scopes = List.of(A, B);
        String padding = "x".repeat(5_000);
        try (RedisSettings settings = new RedisSettings(server().address())) {
            long before = settings.figure("evicted_keys");
            for (int i = 0; i < EVENTS; i++) {
                if (i == EVENTS / 2) {
                    settings.set("maxmemory", Long.toString(settings.usedMemory()));
                }
                int number = i;
                await().ignoreExceptions()
                        .until(() -> positions.add(broadcast(one, number + " " + padding, scopes.get(number % 2))
                                .at()));
            }
            settings.set("maxmemory", "0");
            assertThat(settings.figure("evicted_keys")).isGreaterThan(before);
        }
        // Without a later event in the scope, nothing may be left of it.
        positions.add(broadcast(one, EVENTS + " ", A).at());
        positions.add(broadcast(one, EVENTS + 1 + " ", B).at());

        for (int from = 0; from < EVENTS; from++) {
            for (Scope scope : scopes) {
                boolean incomplete = false;
                List<String> read = new ArrayList<>();
                Position at = positions.get(from);
                Page page;
                do {
                    page = get(one.broker().log().read(tenant, List.of(scope), at, 100));
                    incomplete |= page.incomplete();
                    page.events().forEach(live -> read.add(number(live.event())));
                    at = page.last();
                } while (page.more());
                List<String> expected = new ArrayList<>();
                for (int i = from + 1; i < positions.size(); i++) {
                    if (scopes.get(i % 2).equals(scope)) {
                        expected.add(Integer.toString(i));
                    }
                }
                assertThat(incomplete || read.equals(expected))
                        .as("%s from %d: %s instead of %s, called complete", scope, from, read, expected)
                        .isTrue();
            }
        }
    }

    private static String number(Event event) {
        return event.data().substring(0, event.data().indexOf(' '));
    }
}
