package dev.carillon.broker.nats;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.OverloadedException;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A requirement that an account lacks is reported at once, in the server's words. */
@SuppressWarnings("try") // jnats connections throw InterruptedException from close
class NatsAccountsIT {
    /** Far longer than a refusal takes, so that a passing test has not waited for it. */
    private static final BrokerOptions OPTIONS = BrokerOptions.of("n").startTimeout(Duration.ofMinutes(5));

    private static final String ACCOUNTS = """
            accounts {
              PLAIN { users: [{user: plain, password: SECRET}] }
              FEW { jetstream: {max_streams: 1}, users: [{user: few, password: SECRET}] }
              SMALL { jetstream: {max_file: 400000}, users: [{user: small, password: SECRET}] }
              NARROW {
                jetstream: enabled
                users: [
                  {user: mute, password: SECRET, permissions: {publish: ["_INBOX.>"], subscribe: [">"]}}
                  {user: deaf, password: SECRET, permissions: {publish: [">"], subscribe: ["carillon.>"]}}
                  {user: fits, password: SECRET, permissions: {
                    publish: ["carillon.>", "$JS.>", "_INBOX.>"], subscribe: ["carillon.>", "$JS.>", "_INBOX.>"]}}
                ]
              }
            }
            """;

    @TempDir
    private static Path folder;

    private static TestServer server;

    @BeforeAll
    static void startServer() throws IOException {
        Path config = Files.writeString(folder.resolve("accounts.conf"), ACCOUNTS);
        server = Servers.nats(Servers.Source.LOCAL, "-c", config.toString());
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain:SECRET@ | the account of this user has no JetStream",
                "few:SECRET@   | NATS says \"maximum number of streams reached\"",
                "mute:SECRET@  | Permissions Violation for Publish",
                "deaf:SECRET@  | Permissions Violation for Subscription",
                "plain:WRONG@  | the server refuses this user and password",
                "SECRET@       | the server refuses this user and password",
                "''            | the server refuses this user and password",
            })
    void account_without_a_requirement_is_refused_at_once(String user, String said) {
        assertThatThrownBy(() -> Brokers.open(address(user.strip()), OPTIONS))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("broker: nats://")
                .hasMessageContaining(said)
                .hasMessageNotContaining("SECRET")
                .hasMessageNotContaining("WRONG");
    }

    @Test
    void user_with_the_documented_permissions_can_broadcast_and_listen() {
        try (Broker broker = Brokers.open(address("fits:SECRET@"), OPTIONS)) {
            get(broker.channel().broadcast(Event.to(Scope.GLOBAL).data("x").build()));
            assertThat(get(broker.log().head(dev.carillon.scope.Tenant.DEFAULT)).sequence())
                    .isEqualTo(1);
        }
    }

    @Test
    void full_account_refuses_writes_until_space_is_free() throws Exception {
        try (Broker broker = Brokers.open(address("small:SECRET@"), OPTIONS);
                Connection connection = Nats.connect(address("small:SECRET@"))) {
            get(broker.channel().broadcast(Event.to(Scope.GLOBAL).data("x").build()));
            assertThat(broker.health().refusal()).isEmpty();
            JetStreamManagement streams = connection.jetStreamManagement();
            streams.addStream(StreamConfiguration.builder()
                    .name("OTHER")
                    .subjects("other")
                    .build());
            fill(connection);

            await().until(() -> broker.health().refusal().isPresent());
            assertThat(broker.health().connected()).isTrue();
            assertThatThrownBy(() -> get(broker.channel()
                            .broadcast(Event.to(Scope.GLOBAL).data("y").build())))
                    .isInstanceOf(OverloadedException.class)
                    .hasMessageContaining("NATS has reached a storage limit");

            streams.deleteStream("OTHER");
            await().until(() -> broker.health().refusal().isEmpty());
            get(broker.channel().broadcast(Event.to(Scope.GLOBAL).data("z").build()));
        }
    }

    /** Until the account refuses writes. */
    private static void fill(Connection connection) throws Exception {
        for (int bytes = 100_000; bytes >= 10; bytes /= 10) {
            try {
                for (int i = 0; i < 1_000; i++) {
                    connection.jetStream().publish("other", new byte[bytes]);
                }
            } catch (io.nats.client.JetStreamApiException e) {
                // Larger than the remaining space.
            }
        }
    }

    private static String address(String user) {
        return "nats://" + user + "127.0.0.1:" + server.port();
    }
}
