package dev.carillon.broker.nats;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import io.nats.client.Connection;
import io.nats.client.Nats;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients choose the ids to look up: unknown ones must cost the server little. */
@SuppressWarnings("try") // jnats connections throw InterruptedException from close
@Tag("nats")
class NatsLookupsIT {
    private static final int LOOKUPS = 50;

    private final Tenant tenant = new Tenant("lookups");

    private IdLookup byPattern(String id) {
        return new IdLookup(tenant, id, Set.of(), scope -> true);
    }

    @Test
    void unknown_id_is_looked_up_by_a_pattern_without_a_consumer() throws Exception {
        try (TestServer server = Servers.nats();
                RecordingNode node = new RecordingNode(Brokers.open(server.address(), PatientOptions.of("one")));
                Connection raw = Nats.connect(server.address())) {
            Appended given = get(node.channel()
                    .broadcast(Event.to(Scope.topic("a"))
                            .tenant(tenant)
                            .id("given")
                            .data("1")
                            .build()));
            assertThat(get(node.broker().log().find(byPattern("given"))).stream()
                            .map(Position::sequence))
                    .containsExactly(given.at().sequence());
            long before = requests(raw);

            for (int i = 0; i < LOOKUPS; i++) {
                assertThat(get(node.broker().log().find(byPattern("made up " + i))))
                        .isEmpty();
            }

            // The state of two streams (log and ids) per lookup, and a few requests of the node itself.
            assertThat(requests(raw) - before).isLessThan(3 * LOOKUPS);
        }
    }

    @Test
    void id_is_looked_up_among_many_scopes_by_few_gets() throws Exception {
        List<Scope> scopes =
                IntStream.range(0, 1_000).mapToObj(i -> Scope.topic("t" + i)).toList();
        try (TestServer server = Servers.nats();
                RecordingNode node = new RecordingNode(Brokers.open(server.address(), PatientOptions.of("one")));
                Connection raw = Nats.connect(server.address())) {
            Appended given = get(node.channel()
                    .broadcast(Event.to(scopes.get(900))
                            .tenant(tenant)
                            .id("given")
                            .data("1")
                            .build()));
            AtomicInteger gets = new AtomicInteger();
            raw.createDispatcher(message -> gets.incrementAndGet())
                    .subscribe("$JS.API.DIRECT.GET." + Subjects.idStream(tenant));
            raw.flush(Patience.LIMIT);

            assertThat(get(node.broker().log().find(IdLookup.of(tenant, "given", scopes))))
                    .hasSize(1);
            // Its announcement, its note, the end of the notes; the time of the event is in the other stream.
            await().until(() -> gets.get() >= 3);
            assertThat(gets.get()).isEqualTo(3);
            int before = gets.get();
            assertThat(get(node.broker().log().find(IdLookup.of(tenant, "made up", scopes))))
                    .isEmpty();
            assertThat(get(node.broker().log().find(IdLookup.of(tenant, "made up too", List.of(scopes.getFirst())))))
                    .isEmpty();
            await().until(() -> gets.get() >= before + 2);

            assertThat(gets.get()).isEqualTo(before + 2);
            assertThat(given.duplicate()).isFalse();
        }
    }

    /** Requests to the API of streams and consumers; direct gets do not count. */
    private static long requests(Connection raw) throws Exception {
        return raw.jetStreamManagement().getAccountStatistics().getApi().getTotalApiRequests();
    }
}
