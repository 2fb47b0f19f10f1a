package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A server that answers but refuses writes is detected, and so is its recovery, even without broadcasts. */
class RedisWritesIT {

    @Test
    void server_without_memory_refuses_writes_until_memory_is_free() {
        try (TestServer server = Servers.redis();
                Broker broker = open(server)) {
            RedisClient admin = RedisClient.create(server.address());
            RedisCommands<String, String> commands = admin.connect().sync();
            assertThat(broker.health().refusal()).isEmpty();

            commands.configSet("maxmemory", "1");
            await().untilAsserted(() -> assertThat(broker.health().refusal())
                    .hasValueSatisfying(why -> assertThat(why).startsWith("OOM")));
            assertThat(broker.health().connected()).isTrue();
            assertThatThrownBy(() -> get(broker.channel()
                            .broadcast(Event.to(Scope.GLOBAL).data("x").build())))
                    .isInstanceOf(CarillonException.class)
                    .hasMessageContaining("no memory left");

            commands.configSet("maxmemory", "0");
            await().until(() -> broker.health().refusal().equals(Optional.empty()));
            get(broker.channel().broadcast(Event.to(Scope.GLOBAL).data("x").build()));
            admin.shutdown();
        }
    }

    @Test
    void server_that_cannot_write_its_snapshot_refuses_writes() {
        try (TestServer server = Servers.redis(
                        Servers.Source.LOCAL, "--appendonly", "no", "--save", "3600 1", "--dbfilename", "missing.rdb");
                Broker broker = open(server)) {
            RedisClient admin = RedisClient.create(server.address());
            RedisCommands<String, String> commands = admin.connect().sync();
            // A directory takes the place of the file, because root, who may run the tests, could write a read-only
            // file.
            makeFolder(commands.configGet("dir").get("dir") + "/missing.rdb");
            await().until(() -> {
                try {
                    commands.bgsave();
                } catch (RuntimeException e) {
                    // A snapshot is in progress.
                }
                return broker.health()
                        .refusal()
                        .filter(why -> why.startsWith("MISCONF"))
                        .isPresent();
            });
            admin.shutdown();
        }
    }

    @Test
    void primary_that_became_a_replica_is_unavailable_even_without_broadcasts() {
        try (TestServer server = Servers.redis();
                Broker broker = open(server)) {
            RedisClient admin = RedisClient.create(server.address());
            RedisCommands<String, String> commands = admin.connect().sync();
            commands.replicaof("127.0.0.1", 1);
            await().until(() -> !broker.health().connected());
            commands.replicaofNoOne();
            await().until(() -> broker.health().connected());
            admin.shutdown();
        }
    }

    private static void makeFolder(String path) {
        java.io.File folder = new java.io.File(path);
        assertThat(folder.mkdir()).isTrue();
    }

    private static Broker open(TestServer server) {
        return Brokers.open(server.address(), PatientOptions.of("n"));
    }
}
