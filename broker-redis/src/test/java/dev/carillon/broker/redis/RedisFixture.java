package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Appended;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** A Redis server for the tests of one class, nodes on it, and a separate connection that sees their data. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("redis")
abstract class RedisFixture {
    static final Scope A = Scope.topic("a");
    static final Scope B = Scope.topic("b");

    private static final AtomicInteger TENANTS = new AtomicInteger();

    private final String[] serverOptions;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private TestServer server;
    private RedisClient client;
    private StatefulRedisConnection<String, String> connection;

    Tenant tenant = nextTenant();

    RedisFixture(String... serverOptions) {
        this.serverOptions = serverOptions;
    }

    @BeforeAll
    void startServer() {
        server = Servers.redis(serverOptions);
        client = RedisClient.create(server.address());
        connection = client.connect();
    }

    @AfterEach
    void closeNodes() throws Exception {
        for (AutoCloseable closeable : opened.reversed()) {
            closeable.close();
        }
        opened.clear();
        tenant = nextTenant();
    }

    @AfterAll
    void stopServer() {
        client.shutdown();
        server.close();
    }

    TestServer server() {
        return server;
    }

    /** Restarts the server with its data; returns when {@link #raw} has its connection again. */
    void restart() {
        server.restart(TestServer.Data.KEPT);
        // A command before the end of the old connection is noticed would fail.
        await().ignoreExceptions().until(() -> raw().ping().equals("PONG"));
    }

    /** Bypasses the brokers. */
    RedisCommands<String, String> raw() {
        return connection.sync();
    }

    RecordingNode node(String id) {
        return node(PatientOptions.of(id));
    }

    RecordingNode node(BrokerOptions options) {
        return closing(new RecordingNode(Brokers.open(server.address(), options)));
    }

    <T extends AutoCloseable> T closing(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    Event event(String data, Scope first, Scope... more) {
        return Event.to(first, more).tenant(tenant).data(data).build();
    }

    Appended broadcast(RecordingNode from, String data, Scope first, Scope... more) {
        return get(from.channel().broadcast(event(data, first, more)));
    }

    String key(String kind, String name) {
        return "carillon:{" + tenant + "}:" + kind + ":" + name;
    }

    private static Tenant nextTenant() {
        return new Tenant("r" + TENANTS.incrementAndGet());
    }
}
