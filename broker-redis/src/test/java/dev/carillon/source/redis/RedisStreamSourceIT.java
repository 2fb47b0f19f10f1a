package dev.carillon.source.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.containers.Servers;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.lettuce.core.Consumer;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
class RedisStreamSourceIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    private static TestServer server;
    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    @BeforeAll
    static void start() {
        server = Servers.redis();
        client = RedisClient.create(server.address());
        redis = client.connect().sync();
    }

    @AfterAll
    static void stop() {
        client.shutdown();
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
                .set("source", server.address().replace("redis://", "redis-stream://") + "?" + query)
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

    private static void add(String stream, String data) {
        String _ = redis.xadd(stream, Map.of("data", data));
    }

    @Test
    @SuppressWarnings("unchecked") // A generic array of one offset.
    void entries_reach_their_scopes_in_order_after_those_that_another_node_had_received() {
        String _ = redis.xgroupCreate(
                XReadArgs.StreamOffset.from("orders", "0"), "carillon", XGroupCreateArgs.Builder.mkstream());
        for (int i = 0; i < 10; i++) {
            add("orders", "{\"order\":" + i + "}");
        }
        // As a node that died before it acknowledged them.
        assertThat(redis.xreadgroup(
                        Consumer.from("carillon", "carillon"),
                        XReadArgs.Builder.count(5),
                        XReadArgs.StreamOffset.lastConsumed("orders")))
                .hasSize(5);
        try (Node _ = node("stream=orders&scope=topic:orders&batch=3", Scope.topic("orders"), Scope.user("42"))) {
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                expected.add("topic:orders {\"order\":" + i + "}");
            }
            assertThat(next(10)).isEqualTo(expected);

            add("orders", "{\"scope\":\"nowhere\",\"data\":1}");
            add("orders", "{\"scope\":\"user:42\",\"data\":\"paid\"}");
            assertThat(next(1)).containsExactly("user:42 paid");

            await().atMost(LONG).until(() -> redis.xlen("orders:dead") == 1);
            assertThat(redis.xrange("orders:dead", Range.unbounded())
                            .getFirst()
                            .getBody()
                            .get("carillon-reason"))
                    .contains("scope \"nowhere\"");
            await().atMost(LONG)
                    .until(() -> redis.xpending("orders", "carillon").getCount() == 0);
        }
    }

    @Test
    void source_goes_on_after_a_restart_of_the_server() {
        try (Node _ = node("stream=plain&scope=global", Scope.GLOBAL)) {
            add("plain", "one");
            assertThat(next(1)).containsExactly("global one");

            server.restart(TestServer.Data.KEPT);
            await().atMost(LONG)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(redis.ping()).isEqualTo("PONG"));
            add("plain", "two");

            assertThat(next(1)).containsExactly("global two");
        }
    }
}
