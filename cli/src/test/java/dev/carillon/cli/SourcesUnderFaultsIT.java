package dev.carillon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.broker.PatientOptions;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RabbitServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.nats.client.JetStream;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.api.PublishAck;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Sources while the node that reads is killed five times and the source's server restarts. The property {@code carillon.sources.messages} sets the number of
 * messages.
 */
@Tag("full")
@Tag("process")
@Tag("redis")
@Tag("nats")
@Tag("rabbitmq")
class SourcesUnderFaultsIT {
    private static final int MESSAGES = Integer.getInteger("carillon.sources.messages", 100_000);
    private static final int KILLS = 5;
    /** Messages around each kill; half of all are left for the last one. */
    private static final int PORTION = MESSAGES / (2 * (KILLS - 1));

    private static final int POISON = 3;
    private static final int WINDOW = 1_000;
    private static final String BROKEN = "{\"scope\":\"nowhere\",\"data\":\"poison\"}";
    private static final Duration LONG = Duration.ofMinutes(5);

    /** The server of a source. */
    private interface Origin extends AutoCloseable {
        TestServer server();

        /** The setting of the nodes. */
        String source();

        /** Declares what the source reads, so that nothing is lost before it does. */
        void declare() throws Exception;

        /** Sends numbers in order, and poison among them. */
        void send(int from, int to) throws Exception;

        /** The bodies of the dead letters. */
        List<String> dead() throws Exception;

        @Override
        void close();
    }

    @Test
    void messages_of_rabbitmq_are_in_the_log_once_and_in_order() throws Exception {
        try (Origin origin = new Rabbit()) {
            consume(origin);
        }
    }

    @Test
    void entries_of_a_redis_stream_are_in_the_log_once_and_in_order() throws Exception {
        try (Origin origin = new Redis()) {
            consume(origin);
        }
    }

    @Test
    void messages_of_nats_are_in_the_log_once_and_in_order() throws Exception {
        try (Origin origin = new NatsStream()) {
            consume(origin);
        }
    }

    private static CompletableFuture<Void> send(Origin origin, int from, int to) {
        return CompletableFuture.runAsync(() -> {
            try {
                origin.send(from, to);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static boolean isPoison(int i) {
        return i % (MESSAGES / POISON) == MESSAGES / POISON / 2;
    }

    private static void consume(Origin origin) throws Exception {
        Map<String, String> settings = Map.of(
                "CARILLON_SOURCE",
                origin.source(),
                "CARILLON_LOG_MAX_EVENTS",
                Integer.toString(2 * MESSAGES),
                "CARILLON_SCOPE_POLICIES",
                "topic:numbers=" + MESSAGES + "/1h");
        origin.declare();
        try (RedisServer redis = new RedisServer();
                NodeProcesses nodes = new NodeProcesses(3, redis.address(), settings);
                Broker broker = Brokers.open(redis.address(), PatientOptions.of("reader"))) {
            for (int kill = 0; kill < KILLS - 1; kill++) {
                int from = kill * PORTION;
                CompletableFuture<Void> sending = send(origin, from, from + PORTION);
                // In the middle of its work.
                await().atMost(LONG)
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> head(broker) > from + PORTION / 2 || sending.isCompletedExceptionally());
                int reader = reader(nodes).orElseThrow();
                nodes.kill(reader);
                sending.join();
                if (kill == 1) {
                    origin.server().restart(TestServer.Data.KEPT);
                }
                nodes.start(reader);
            }
            int before = (KILLS - 1) * PORTION;
            await().atMost(LONG).until(() -> head(broker) >= before);
            int reader = reader(nodes).orElseThrow();
            nodes.kill(reader);
            send(origin, before, MESSAGES).join();
            long first = await().atMost(LONG).until(() -> head(broker), head -> head > before);
            long begun = System.nanoTime();
            nodes.start(reader);
            await().atMost(LONG).until(() -> head(broker) >= MESSAGES);
            double seconds = (System.nanoTime() - begun) / 1e9;
            await().atMost(LONG).until(() -> origin.dead().size() >= POISON);

            assertThat(log(broker))
                    .containsExactlyElementsOf(IntStream.range(0, MESSAGES)
                            .mapToObj(Integer::toString)
                            .toList());
            // A node that fails between the dead letter and the acknowledgement leaves two.
            Set<String> dead = new HashSet<>(origin.dead());
            assertThat(dead).containsExactly(BROKEN);
            System.out.printf(
                    "%s: %d messages, %d kills; the last %d with %.0f messages per second%n",
                    origin.server().scheme(), MESSAGES, KILLS, MESSAGES - first, (MESSAGES - first) / seconds);
        }
    }

    private static long head(Broker broker) {
        return broker.log().head(Tenant.DEFAULT).toCompletableFuture().join().sequence();
    }

    private static OptionalInt reader(NodeProcesses nodes) {
        return await().atMost(LONG)
                .until(
                        () -> nodes.serving().stream()
                                .filter(node -> isReader(nodes.adminAddress(node)))
                                .mapToInt(Integer::intValue)
                                .findFirst(),
                        OptionalInt::isPresent);
    }

    private static boolean isReader(URI admin) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(admin.resolve("/health")).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body()
                    .contains("\"consuming\"");
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static List<String> log(Broker broker) {
        List<String> data = new ArrayList<>();
        Position after = Position.NONE;
        Page page;
        do {
            page = broker.log()
                    .read(Tenant.DEFAULT, List.of(), after, 1_000)
                    .toCompletableFuture()
                    .join();
            for (Live live : page.events()) {
                data.add(live.event().data());
            }
            after = page.last();
        } while (page.more());
        return data;
    }

    private static final class Rabbit implements Origin {
        private final RabbitServer server = new RabbitServer();

        @Override
        public TestServer server() {
            return server;
        }

        @Override
        public String source() {
            return server.address() + "?queue=numbers";
        }

        private Connection connect() throws Exception {
            ConnectionFactory factory = new ConnectionFactory();
            factory.setPort(server.port());
            return factory.newConnection();
        }

        @Override
        public void declare() throws Exception {
            try (Connection connection = connect();
                    Channel channel = connection.createChannel()) {
                channel.queueDeclare("numbers.dead", true, false, false, Map.of("x-queue-type", "quorum"));
                channel.queueDeclare(
                        "numbers",
                        true,
                        false,
                        false,
                        Map.of(
                                "x-queue-type", "quorum",
                                "x-single-active-consumer", true,
                                "x-delivery-limit", 1_000_000,
                                "x-dead-letter-exchange", "",
                                "x-dead-letter-routing-key", "numbers.dead",
                                "x-dead-letter-strategy", "at-least-once",
                                "x-overflow", "reject-publish"));
            }
        }

        @Override
        public void send(int from, int to) throws Exception {
            try (Connection connection = connect();
                    Channel channel = connection.createChannel()) {
                channel.confirmSelect();
                for (int i = from; i < to; i++) {
                    if (isPoison(i)) {
                        publish(channel, "poison-" + i, BROKEN);
                    }
                    publish(channel, "n-" + i, Integer.toString(i));
                    if (i % WINDOW == 0) {
                        channel.waitForConfirmsOrDie();
                    }
                }
                channel.waitForConfirmsOrDie();
            }
        }

        private static void publish(Channel channel, String id, String body) throws IOException {
            channel.basicPublish(
                    "",
                    "numbers",
                    new AMQP.BasicProperties.Builder()
                            .messageId(id)
                            .deliveryMode(2)
                            .build(),
                    body.getBytes(UTF_8));
        }

        /** Takes them without an acknowledgement, so that they are there again. */
        @Override
        public List<String> dead() throws Exception {
            List<String> bodies = new ArrayList<>();
            try (Connection connection = connect();
                    Channel channel = connection.createChannel()) {
                for (GetResponse next = channel.basicGet("numbers.dead", false);
                        next != null;
                        next = channel.basicGet("numbers.dead", false)) {
                    bodies.add(new String(next.getBody(), UTF_8));
                }
            }
            return bodies;
        }

        @Override
        public void close() {
            server.close();
        }
    }

    private static final class Redis implements Origin {
        // Without the loss of a second at its end.
        private final RedisServer server = new RedisServer("--appendfsync", "always");

        @Override
        public TestServer server() {
            return server;
        }

        @Override
        public String source() {
            return server.address().replace("redis://", "redis-stream://") + "?stream=numbers&scope=topic:numbers";
        }

        @Override
        public void declare() {}

        @Override
        public void send(int from, int to) {
            try (RedisClient client = RedisClient.create(server.address())) {
                RedisAsyncCommands<String, String> redis = client.connect().async();
                List<RedisFuture<String>> added = new ArrayList<>();
                for (int i = from; i < to; i++) {
                    if (isPoison(i)) {
                        added.add(redis.xadd("numbers", Map.of("data", BROKEN)));
                    }
                    added.add(redis.xadd("numbers", Map.of("data", Integer.toString(i))));
                    if (i % WINDOW == 0 || i == to - 1) {
                        assertThat(LettuceFutures.awaitAll(1, TimeUnit.MINUTES, added.toArray(new RedisFuture<?>[0])))
                                .isTrue();
                        added.clear();
                    }
                }
            }
        }

        @Override
        public List<String> dead() {
            try (RedisClient client = RedisClient.create(server.address())) {
                return client.connect().sync().xrange("numbers:dead", Range.unbounded()).stream()
                        .map(entry -> entry.getBody().get("data"))
                        .toList();
            }
        }

        @Override
        public void close() {
            server.close();
        }
    }

    @SuppressWarnings("try") // the driver closes with an interruptible wait
    private static final class NatsStream implements Origin {
        private final NatsServer server = new NatsServer();

        @Override
        public TestServer server() {
            return server;
        }

        @Override
        public String source() {
            return server.address().replace("nats://", "nats-stream://") + "?stream=NUMBERS&subject=numbers";
        }

        @Override
        public void declare() throws Exception {
            try (io.nats.client.Connection connection = Nats.connect(server.address())) {
                Object _ = connection
                        .jetStreamManagement()
                        .addStream(StreamConfiguration.builder()
                                .name("NUMBERS")
                                .subjects("numbers")
                                .build());
            }
        }

        @Override
        public void send(int from, int to) throws Exception {
            try (io.nats.client.Connection connection = Nats.connect(server.address())) {
                JetStream stream = connection.jetStream();
                List<CompletableFuture<PublishAck>> sent = new ArrayList<>();
                for (int i = from; i < to; i++) {
                    if (isPoison(i)) {
                        sent.add(publish(stream, "poison-" + i, BROKEN));
                    }
                    sent.add(publish(stream, "n-" + i, Integer.toString(i)));
                    if (i % WINDOW == 0 || i == to - 1) {
                        sent.forEach(CompletableFuture::join);
                        sent.clear();
                    }
                }
            }
        }

        private static CompletableFuture<PublishAck> publish(JetStream stream, String id, String body) {
            return stream.publishAsync("numbers", new Headers().put("Nats-Msg-Id", id), body.getBytes(UTF_8));
        }

        @Override
        public List<String> dead() throws Exception {
            try (io.nats.client.Connection connection = Nats.connect(server.address())) {
                List<String> bodies = new ArrayList<>();
                JetStreamSubscription all = connection.jetStream().subscribe("carillon.dead.NUMBERS");
                for (Message next = all.nextMessage(Duration.ofSeconds(1));
                        next != null;
                        next = all.nextMessage(Duration.ofSeconds(1))) {
                    bodies.add(new String(next.getData(), UTF_8));
                }
                return bodies;
            }
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
