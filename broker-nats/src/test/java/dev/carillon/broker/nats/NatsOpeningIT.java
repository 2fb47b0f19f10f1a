package dev.carillon.broker.nats;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Page;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.Patience;
import io.nats.client.Connection;
import io.nats.client.Nats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Nodes that open the log of a tenant concurrently. */
@SuppressWarnings("try") // jnats connections throw InterruptedException from close
@Tag("nats")
class NatsOpeningIT {
    private static final int NODES = 4;
    private static final int TENANTS = 25;

    /** The server may accept two concurrent updates, and then stores every message of the stream twice. */
    @Test
    void one_node_updates_the_stream_of_an_epoch_and_each_event_is_stored_once() throws Exception {
        Map<String, Integer> updates = new ConcurrentHashMap<>();
        List<Broker> brokers = new ArrayList<>();
        try (TestServer server = Servers.nats();
                Connection listening = Nats.connect(server.address())) {
            listening
                    .createDispatcher(message -> updates.merge(message.getSubject(), 1, Integer::sum))
                    .subscribe("$JS.API.STREAM.UPDATE.>");
            listening.flush(Patience.LIMIT);
            IntStream.range(0, NODES)
                    .forEach(i -> brokers.add(Brokers.open(
                            server.address(),
                            BrokerOptions.of("n" + i)
                                    .startTimeout(Patience.LIMIT)
                                    .timeout(Patience.LIMIT))));
            for (int t = 0; t < TENANTS; t++) {
                Tenant tenant = new Tenant("t" + t);
                Event event =
                        Event.to(Scope.topic("a")).tenant(tenant).data("x").build();
                List<CompletionStage<?>> all = new ArrayList<>();
                brokers.forEach(broker -> all.add(broker.channel().broadcast(event)));
                all.forEach(one -> get(one));

                Page page = get(brokers.getFirst().log().read(tenant, List.of(), Position.NONE, 100));
                assertThat(page.events()).as("events of %s", tenant).hasSize(NODES);
            }
            await().until(() -> updates.size() == TENANTS);
            assertThat(updates.values()).containsOnly(1);
        } finally {
            brokers.forEach(Broker::close);
        }
    }
}
