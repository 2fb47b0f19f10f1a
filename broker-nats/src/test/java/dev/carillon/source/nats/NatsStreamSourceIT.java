package dev.carillon.source.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.containers.Servers;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.Connection;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("nats")
class NatsStreamSourceIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    private static TestServer server;
    private static Connection connection;

    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    @BeforeAll
    static void start() throws Exception {
        server = Servers.nats();
        connection = Nats.connect(server.address());
    }

    @AfterAll
    static void stop() throws Exception {
        connection.close();
        server.close();
    }

    private Node node(String query, Scope... scopes) {
        Node node = Node.start(NodeConfig.builder()
                .development()
                .port(0)
                .adminPort(0)
                .internalPort(0)
                .anonymous()
                .jwtKey("a-key-of-this-test-only-0123456789")
                .set("source", server.address().replace("nats://", "nats-stream://") + "?" + query)
                .build());
        AutoCloseable _ = node.listen(
                        Tenant.DEFAULT,
                        List.of(scopes),
                        (event, id) -> received.add(event.scopes().getFirst() + " " + event.data()))
                .toCompletableFuture()
                .join();
        return node;
    }

    private List<String> next(int count) {
        List<String> all = new ArrayList<>();
        await().atMost(LONG).until(() -> {
            received.drainTo(all);
            return all.size() >= count;
        });
        return all;
    }

    private static void publish(String subject, String data) throws Exception {
        Object _ = connection.jetStream().publish(subject, data.getBytes(UTF_8));
    }

    @Test
    void messages_reach_their_scopes_in_order_after_those_that_another_node_had_received() throws Exception {
        Object _ = connection
                .jetStreamManagement()
                .addStream(StreamConfiguration.builder()
                        .name("ORDERS")
                        .subjects("orders.>")
                        .build());
        // With the settings of the source, which then find the consumer as they want it.
        Object _ = connection
                .jetStreamManagement()
                .addOrUpdateConsumer(
                        "ORDERS",
                        ConsumerConfiguration.builder()
                                .durable("carillon")
                                .ackPolicy(AckPolicy.Explicit)
                                .ackWait(Duration.ofSeconds(2))
                                .filterSubject("orders.>")
                                .build());
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            publish("orders.new", "{\"order\":" + i + "}");
            expected.add("topic:orders.new {\"order\":" + i + "}");
        }
        // As a node that died before it acknowledged them.
        JetStreamSubscription dead =
                connection.jetStream().subscribe(null, PullSubscribeOptions.bind("ORDERS", "carillon"));
        List<Message> lost = dead.fetch(5, Duration.ofSeconds(10));
        assertThat(lost).hasSize(5);
        // Out of order, as if their acknowledgements had been lost.
        lost.get(1).ackSync(Duration.ofSeconds(5));
        expected.remove(1);
        dead.unsubscribe();
        try (Node _ = node("stream=ORDERS&subject=orders.%3E&batch=3", Scope.topic("orders.new"), Scope.user("42"))) {
            assertThat(next(9)).isEqualTo(expected);

            publish("orders.new", "{\"scope\":\"nowhere\",\"data\":1}");
            publish("orders.new", "{\"scope\":\"user:42\",\"data\":\"paid\"}");
            assertThat(next(1)).containsExactly("user:42 paid");

            JetStreamSubscription refused = connection.jetStream().subscribe("carillon.dead.ORDERS");
            Message message = refused.nextMessage(LONG);
            assertThat(message.getHeaders().getFirst("carillon-reason")).contains("scope \"nowhere\"");
            await().atMost(LONG)
                    .until(() -> connection
                                    .jetStreamManagement()
                                    .getConsumerInfo("ORDERS", "carillon")
                                    .getNumAckPending()
                            == 0);
        }
    }

    @Test
    void stream_is_created_and_the_source_goes_on_after_a_restart_of_the_server() throws Exception {
        try (Node _ = node("stream=PLAIN&subject=plain&create=true&scope=global", Scope.GLOBAL)) {
            await().atMost(LONG)
                    .until(() ->
                            connection.jetStreamManagement().getStreamNames().contains("PLAIN"));
            publish("plain", "one");
            assertThat(next(1)).containsExactly("global one");

            server.restart(TestServer.Data.KEPT);
            await().atMost(LONG).ignoreExceptions().until(() -> {
                publish("plain", "two");
                return true;
            });

            assertThat(next(1)).contains("global two");
        }
    }
}
