package dev.carillon.source.rabbitmq;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.process.RabbitServer;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("rabbitmq")
class RabbitSourceIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    private static RabbitServer server;
    private static Connection connection;
    private static Channel channel;

    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    @BeforeAll
    static void start() throws Exception {
        server = new RabbitServer();
        ConnectionFactory factory = new ConnectionFactory();
        factory.setPort(server.port());
        connection = factory.newConnection();
        channel = connection.createChannel();
        channel.confirmSelect();
    }

    @AfterAll
    static void stop() {
        connection.abort();
        server.close();
    }

    private Node node(String source, Scope... scopes) throws Exception {
        Node node = Node.start(NodeConfig.builder()
                .development()
                .port(0)
                .adminPort(0)
                .internalPort(0)
                .anonymous()
                .jwtKey("a-key-of-this-test-only-0123456789")
                .set("source", source)
                .build());
        AutoCloseable _ = node.listen(
                        Tenant.DEFAULT,
                        List.of(scopes),
                        (event, id) -> received.add(event.scopes().getFirst() + " " + event.data()))
                .toCompletableFuture()
                .join();
        return node;
    }

    private static void publish(String exchange, String key, String id, String body) throws IOException {
        channel.basicPublish(
                exchange,
                key,
                new AMQP.BasicProperties.Builder().messageId(id).deliveryMode(2).build(),
                body.getBytes(UTF_8));
    }

    private static String health(Node node) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.adminPort() + "/health"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            return e.toString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    private List<String> next(int count) {
        List<String> all = new ArrayList<>();
        await().atMost(LONG).until(() -> {
            received.drainTo(all);
            return all.size() >= count;
        });
        return all;
    }

    @Test
    void queue_reaches_its_scopes_in_order_and_poison_the_dead_letters() throws Exception {
        try (Node _ = node(server.address() + "?queue=orders", Scope.topic("orders"), Scope.user("42"), Scope.GLOBAL)) {
            await().atMost(LONG).until(() -> exists("orders"));
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                publish("", "orders", "o-" + i, "{\"order\":" + i + "}");
                expected.add("topic:orders {\"order\":" + i + "}");
            }
            publish("", "orders", "poison", "{\"scope\":\"nowhere\",\"data\":1}");
            publish("", "orders", "o-0", "{\"order\":0}");
            publish("", "orders", "u-1", "{\"scope\":\"user:42\",\"data\":\"paid\"}");
            publish("", "orders", "a-1", "{\"send_to_all\":true,\"data\":\"hello\"}");
            expected.add("user:42 paid");
            expected.add("global \"hello\"");

            assertThat(next(expected.size())).isEqualTo(expected);

            await().atMost(LONG).until(() -> count("orders.dead") == 1);
            GetResponse dead = channel.basicGet("orders.dead", true);
            assertThat(dead.getProps().getMessageId()).isEqualTo("poison");
            assertThat(String.valueOf(dead.getProps().getHeaders().get("carillon-reason")))
                    .contains("scope \"nowhere\"");
            await().atMost(LONG).until(() -> count("orders") == 0);
        }
    }

    @Test
    void exchange_of_another_system_reaches_topics_while_its_stale_messages_are_dropped() throws Exception {
        channel.exchangeDeclare("shop", "topic", true);
        String source = server.address() + "?exchange=shop&exchange-type=topic&keys=order.*&ephemeral=true&max-age=1m";
        try (Node node = node(source, Scope.topic("order.paid"))) {
            await().atMost(LONG).until(() -> health(node).contains("\"consuming\""));
            channel.basicPublish(
                    "shop",
                    "order.paid",
                    new AMQP.BasicProperties.Builder()
                            .timestamp(Date.from(Instant.now().minusSeconds(120)))
                            .build(),
                    "old".getBytes(UTF_8));
            publish("shop", "invoice.sent", "i", "other");
            publish("shop", "order.paid", "p", "new");

            assertThat(next(1)).containsExactly("topic:order.paid new");
        }
    }

    @Test
    void refusals_of_the_server_are_failures_that_say_what_to_do() throws Exception {
        channel.queueDeclare("classic", true, false, false, Map.of());
        channel.exchangeDeclare("fan", "fanout", true);
        server.control("add_user", "reader", "s3cret-word");
        server.control("set_permissions", "reader", "^$", "^$", ".*");
        String reader = server.address().replace("amqp://", "amqp://reader:s3cret-word@");
        List<String> sources = List.of(
                server.address() + "?name=type&queue=classic",
                server.address() + "?name=exchange&queue=q&exchange=fan&exchange-type=topic",
                server.address() + "?name=missing&queue=missing&existing=true&poison=drop",
                reader + "?name=permission&queue=mine",
                server.address().replace("amqp://", "amqp://guest:wr0ng-word@") + "?name=password&queue=q");
        try (Node node = node(String.join(",", sources), Scope.GLOBAL)) {
            String failed = "\"state\":\"failed\"";
            await().atMost(LONG)
                    .untilAsserted(
                            () -> assertThat(health(node).split(failed, -1)).hasSize(6));

            assertThat(health(node))
                    .contains("set existing=true to read it as it is")
                    .contains("exchange fan is not of type topic")
                    .contains("no queue 'missing'")
                    .contains("set_permissions")
                    .contains("refuses the user, the password or the virtual host")
                    .doesNotContain("s3cret-word")
                    .doesNotContain("wr0ng-word");
        }
    }

    @Test
    void existing_queue_is_read_as_it_is_and_waits_while_the_server_restarts() throws Exception {
        channel.queueDeclare("plain", true, false, false, Map.of());
        try (Node node = node(server.address() + "?queue=plain&existing=true&scope=global", Scope.GLOBAL)) {
            IntStream.range(0, 5).forEach(i -> send("plain", i));
            assertThat(next(5))
                    .isEqualTo(Stream.of(0, 1, 2, 3, 4).map(i -> "global " + i).toList());

            // Ends the node's connection, as a restart does.
            server.control("close_all_connections", "test");
            await().atMost(LONG).until(() -> !connection.isOpen());
            ConnectionFactory factory = new ConnectionFactory();
            factory.setPort(server.port());
            connection = factory.newConnection();
            channel = connection.createChannel();
            send("plain", 5);
            assertThat(next(1)).containsExactly("global 5");
            assertThat(health(node)).contains("\"consuming\"");
        }
    }

    private static void send(String queue, int i) {
        try {
            publish("", queue, "m-" + i, Integer.toString(i));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean exists(String queue) throws Exception {
        try (Channel probe = connection.createChannel()) {
            return probe.queueDeclarePassive(queue).getConsumerCount() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static int count(String queue) throws Exception {
        try (Channel probe = connection.createChannel()) {
            return probe.queueDeclarePassive(queue).getMessageCount();
        }
    }
}
