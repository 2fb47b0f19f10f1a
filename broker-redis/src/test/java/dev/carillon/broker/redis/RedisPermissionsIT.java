package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Text;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Interest;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The documented rule is sufficient, and missing parts of it are named. */
class RedisPermissionsIT {
    private static final BrokerOptions OPTIONS = PatientOptions.of("n");

    private static TestServer server;
    private static RedisClient admin;

    @BeforeAll
    static void startServer() {
        server = Servers.redis();
        admin = RedisClient.create(server.address());
    }

    @AfterAll
    static void stopServer() {
        admin.shutdown();
        server.close();
    }

    @BeforeEach
    void makeUser() throws IOException {
        String rule = Files.readAllLines(Path.of("../docs/platform.md")).stream()
                .map(String::strip)
                .filter(line -> line.startsWith("ACL SETUSER carillon "))
                .findFirst()
                .orElseThrow();
        admin.connect().sync().aclDeluser("carillon");
        acl(rule.substring("ACL ".length()));
    }

    @Test
    void user_with_the_documented_rule_can_do_everything() throws Exception {
        Tenant tenant = new Tenant("acme");
        Scope scope = Scope.topic("a");
        try (RecordingNode node = new RecordingNode(Brokers.open(address(), OPTIONS));
                RecordingNode three = new RecordingNode(Brokers.open(address() + "/3", OPTIONS))) {
            get(three.channel().broadcast(Event.to(scope).data("x").build()));
            node.join(tenant, scope);
            Event event = Event.to(scope)
                    .tenant(tenant)
                    .id("1")
                    .data("one")
                    .retain(true)
                    .build();
            get(node.channel().broadcast(event));
            for (int i = 0; i < 40; i++) {
                get(node.channel()
                        .broadcast(Event.to(scope)
                                .tenant(tenant)
                                .data("more")
                                .retain(i == 0)
                                .build()));
            }
            assertThat(get(node.channel().broadcast(event)).duplicate()).isTrue();
            await().until(() -> node.data().size() == 41);
            var log = node.broker().log();
            assertThat(get(log.read(tenant, List.of(scope), Position.NONE, 100)).events())
                    .hasSize(41);
            assertThat(get(log.find(IdLookup.of(tenant, "1", event.scopes())))).isNotEmpty();
            assertThat(get(log.heads(List.of(Interest.in(tenant, scope))))).hasSize(1);
            assertThat(get(log.epochs(tenant))).hasSize(1);
            assertThat(get(node.channel().snapshot(tenant, List.of(scope))).retained())
                    .hasSize(1);
            get(node.channel()
                    .broadcast(Event.to(scope).tenant(tenant).retain(true).build()));
            Store store = node.broker().store();
            Store.Key key = new Store.Key(tenant, "kind", "name");
            AutoCloseable watch = get(store.watch(tenant, "kind", change -> {}));
            assertThat(get(store.put(key, Text.utf8("v"), Store.ABSENT, Duration.ZERO)))
                    .isPresent();
            assertThat(get(store.put(key, Text.utf8("v"), Store.ANY, Duration.ofMinutes(1))))
                    .isPresent();
            assertThat(get(store.list(tenant, "kind"))).hasSize(1);
            assertThat(get(store.remove(key, Store.ANY))).isTrue();
            watch.close();
            get(node.channel().leave(List.of(Interest.in(tenant, scope))));
            assertThat(log.durability().description()).doesNotContain("CONFIG is refused");
            // Lost scripts are sent again as text.
            admin.connect().sync().scriptFlush();
            get(node.channel().broadcast(Event.to(scope).tenant(tenant).build()));
            assertThat(node.broker().health().refusal()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resetchannels            | may not publish to channels such as carillon:",
                "-publish -xadd -time     | may not XADD, TIME, PUBLISH:",
                "resetkeys ~other:*       | NOPERM",
                "-evalsha                 | 'evalsha'",
                "-script|load             | 'script|load'",
                "-subscribe               | 'subscribe'",
                "-info                    | 'info'",
            })
    void missing_permission_is_named_at_once(String change, String named) {
        acl("SETUSER carillon " + change.strip());

        assertThatThrownBy(() -> Brokers.open(address(), OPTIONS))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("broker: redis://(hidden)@127.0.0.1:")
                .hasMessageContaining(named)
                .hasMessageContaining("docs/platform.md")
                .hasMessageNotContaining("PASSWORD");
    }

    private static String address() {
        return "redis://carillon:PASSWORD@127.0.0.1:" + server.port();
    }

    private static void acl(String arguments) {
        CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
        List.of(arguments.split(" ")).forEach(args::add);
        admin.connect().sync().dispatch(CommandType.ACL, new StatusOutput<>(StringCodec.UTF8), args);
    }
}
