package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Durability;
import dev.carillon.broker.RecordingNode;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.Patience;
import io.lettuce.core.RedisClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Accepted and refused servers, and the messages about the latter. */
@Tag("redis")
class RedisProviderIT {
    private static final BrokerOptions OPTIONS = BrokerOptions.of("a node").startTimeout(Patience.LIMIT);
    /** For servers that never answer. */
    private static final BrokerOptions BRIEF = OPTIONS.startTimeout(Duration.ofSeconds(3));

    private static String port(TestServer server) {
        return "127.0.0.1:" + server.port();
    }

    @Test
    void wrong_password_is_refused_at_once_and_never_shown() {
        try (TestServer server = Servers.redis("--requirepass", "right")) {
            for (String user : new String[] {":wrong@", "me:wrong@", ""}) {
                assertThatThrownBy(() -> Brokers.open("redis://" + user + port(server), OPTIONS))
                        .as(user)
                        .isInstanceOf(ConfigException.class)
                        .hasMessageContaining(port(server))
                        .hasMessageNotContaining("wrong");
            }
            try (Broker broker = Brokers.open("redis://:right@" + port(server), OPTIONS)) {
                assertThat(broker.health().connected()).isTrue();
            }
        }
    }

    @Test
    void databases_of_one_server_are_isolated() {
        try (TestServer server = Servers.redis();
                RecordingNode zero = new RecordingNode(Brokers.open("redis://" + port(server), OPTIONS));
                RecordingNode three = new RecordingNode(Brokers.open("redis://" + port(server) + "/3", OPTIONS))) {
            Scope scope = Scope.topic("a");
            zero.join(dev.carillon.scope.Tenant.DEFAULT, scope);
            three.join(dev.carillon.scope.Tenant.DEFAULT, scope);
            get(three.channel().broadcast(Event.to(scope).data("three").build()));
            get(zero.channel().broadcast(Event.to(scope).data("zero").build()));

            await().until(() -> three.data().size() == 1 && zero.data().size() == 1);
            assertThat(zero.data()).containsExactly("zero");
            assertThat(three.data()).containsExactly("three");
        }
    }

    @Test
    void cluster_is_refused_in_one_sentence() {
        try (TestServer server = Servers.redis("--cluster-enabled", "yes")) {
            assertThatThrownBy(() -> Brokers.open("redis://" + port(server), OPTIONS))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("give its address as redis+cluster://");
        }
    }

    @Test
    void older_release_is_refused_in_one_sentence() throws IOException {
        try (ServerSocket old = speaking(
                "redis_version:6.2.14\r\nredis_mode:standalone\r\nrole:master\r\nrun_id:" + "a".repeat(40) + "\r\n")) {
            assertThatThrownBy(() -> Brokers.open("redis://me:secret@127.0.0.1:" + old.getLocalPort(), OPTIONS))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("is Redis 6.2.14: upgrade it to 7.0 or newer")
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void replica_and_silent_server_are_unavailable_with_the_reason() throws IOException {
        try (ServerSocket replica = speaking("redis_version:7.2.0\r\nredis_mode:standalone\r\nrole:slave\r\nrun_id:"
                        + "a".repeat(40) + "\r\n");
                ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> Brokers.open("redis://127.0.0.1:" + replica.getLocalPort(), BRIEF))
                    .isInstanceOf(BrokerUnavailableException.class)
                    .hasMessageContaining("is a replica");
            assertThatThrownBy(() -> Brokers.open("redis://127.0.0.1:" + silent.getLocalPort(), BRIEF))
                    .isInstanceOf(BrokerUnavailableException.class)
                    .hasMessageContaining("check that it runs");
        }
    }

    @Test
    void durability_names_the_setting_that_decides() {
        try (TestServer server = Servers.redis("--appendfsync", "always");
                Broker broker = Brokers.open("redis://" + port(server), OPTIONS)) {
            assertThat(broker.log().durability().level()).isEqualTo(Durability.Level.EACH_WRITE);
            assertThat(broker.log().durability().description()).contains("appendfsync is always");
        }
    }

    @Test
    void server_that_refuses_config_is_accepted_and_reported() {
        try (TestServer server = Servers.redis()) {
            RedisClient admin = RedisClient.create(server.address());
            admin.connect()
                    .sync()
                    .dispatch(
                            io.lettuce.core.protocol.CommandType.ACL,
                            new io.lettuce.core.output.StatusOutput<>(io.lettuce.core.codec.StringCodec.UTF8),
                            new io.lettuce.core.protocol.CommandArgs<>(io.lettuce.core.codec.StringCodec.UTF8)
                                    .add("SETUSER")
                                    .add("me")
                                    .add("on")
                                    .add(">pass")
                                    .add("~carillon:*")
                                    .add("&carillon*")
                                    .add("+@all")
                                    .add("-@admin"));
            admin.shutdown();
            try (Broker broker = Brokers.open("redis://me:pass@" + port(server), OPTIONS)) {
                assertThat(broker.log().durability().description()).contains("Redis refuses CONFIG");
                get(broker.channel().broadcast(Event.to(Scope.GLOBAL).data("x").build()));
            }
        }
    }

    /** A server of another release, as far as opening requires: it knows no HELLO, and answers INFO. */
    private static ServerSocket speaking(String info) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> answer(socket, info));
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server;
    }

    private static void answer(Socket socket, String info) {
        try (socket;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = in.readLine()) != null) {
                // A command is *n, then n times a length and a text, each on a line.
                int parts = Integer.parseInt(line.substring(1));
                String command = "";
                for (int i = 0; i < parts; i++) {
                    in.readLine();
                    String part = in.readLine();
                    command = i == 0 ? part : command;
                }
                String answer = switch (command) {
                    case "HELLO" -> "-ERR unknown command 'HELLO'\r\n";
                    case "INFO" -> "$" + info.length() + "\r\n" + info + "\r\n";
                    case "PING" -> "+PONG\r\n";
                    default -> "+OK\r\n";
                };
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // The client disconnected.
        }
    }
}
