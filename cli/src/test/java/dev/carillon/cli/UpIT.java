package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.RedisServer;
import dev.carillon.node.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The real commands as processes. */
class UpIT {
    private static final int NODES = 3;

    private final int port = freePorts();

    @Test
    void a_broadcast_to_one_node_is_received_on_all_of_them_once() {
        try (CommandProcess up = up("memory")) {
            List<SseClient> clients = listeners("/events?route=/board");

            CommandProcess broadcast =
                    broadcast(up, "--scope", "route:/board", "--scope", "global", "--data", "grüße @all");
            assertThat(broadcast.status()).as(broadcast.err().toString()).isZero();
            assertThat(broadcast(up, "--scope", "global", "--data", "last").status())
                    .isZero();

            clients.forEach(client -> client.awaitData("last"));
            assertThat(clients).allSatisfy(client -> assertThat(client.data()).containsExactly("grüße @all", "last"));
            assertThat(broadcast.out())
                    .singleElement()
                    .isEqualTo(clients.getFirst().all().get(1).id());
        }
    }

    @Test
    void a_broadcast_that_is_refused_is_one_line_with_its_code() {
        try (CommandProcess up = up("memory")) {
            CommandProcess ungranted = broadcast(up, "--scope", "system", "--data", "x");
            assertThat(ungranted.status()).isEqualTo(1);
            assertThat(ungranted.err())
                    .containsExactly(
                            "carillon: not-granted: the token does not grant broadcasting to system (status 403)");

            CommandProcess forged = broadcast(up, "--token", "forged", "--scope", "global", "--data", "x");
            assertThat(forged.status()).isEqualTo(1);
            assertThat(forged.err())
                    .containsExactly("carillon: token-invalid: the token is not valid here (status 401)");
        }
    }

    @Test
    void sigterm_ends_every_node_in_order_with_status_0() {
        try (CommandProcess up = up("memory")) {
            List<SseClient> clients = listeners("/events");

            up.terminate();

            assertThat(up.status()).isZero();
            assertThat(up.out()).last().isEqualTo("carillon: 3 nodes stopped");
            Awaitility.await().until(() -> clients.stream().allMatch(SseClient::hasEnded));
            assertThat(clients)
                    .allSatisfy(client -> assertThat(client.lastRetry()).isNotNull());
            assertThat(ports(port).allMatch(UpIT::isFree)).isTrue();
        }
    }

    @Test
    void a_port_in_use_is_told_before_anything_starts() throws IOException {
        try (ServerSocket taken = new ServerSocket(port + 2, 1, InetAddress.getLoopbackAddress());
                CommandProcess up = CommandProcess.start(Map.of(), "up", "--port", Integer.toString(port))) {
            assertThat(up.status()).isEqualTo(2);
            assertThat(up.err())
                    .singleElement()
                    .asString()
                    .startsWith("carillon: port: 127.0.0.1:" + taken.getLocalPort() + ": cannot be listened on");
            assertThat(up.out()).isEmpty();
        }
    }

    @Test
    void a_bad_value_is_one_line_and_no_stack_trace() {
        CommandProcess serve = CommandProcess.start(Map.of(), "serve", "--port", "x", "--jwt-key", "k".repeat(32));

        assertThat(serve.status()).isEqualTo(2);
        assertThat(serve.err()).containsExactly("carillon: port: x: must be a whole number from 0 to 65535");
    }

    @Test
    void serve_tells_where_it_serves_and_ends_with_its_input() {
        try (CommandProcess serve = CommandProcess.start(
                Map.of("CARILLON_JWT_KEY", "k".repeat(32)),
                "serve",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--node-id",
                "alone",
                "--stop-with-stdin")) {
            serve.awaitLine("carillon: node alone serves http://127.0.0.1:[1-9]\\d*, admin http://127.0.0.1:[1-9]\\d*");

            serve.closeInput();

            assertThat(serve.status()).isZero();
            assertThat(serve.out()).last().isEqualTo("carillon: node alone stopped");
        }
    }

    @Test
    void with_redis_every_node_is_a_process_whose_death_is_told_and_survived() {
        try (RedisServer redis = new RedisServer();
                CommandProcess up = up(redis)) {
            SseClient first = SseClient.open(port + 1, "/events").opened();
            SseClient third = SseClient.open(port + 3, "/events").opened();

            ProcessHandle second = member(up, 2);
            second.destroyForcibly();
            up.awaitErrLine(
                    "carillon: node n2 \\(process " + second.pid() + "\\) ended with status 137; the others go on");

            assertThat(broadcast(up, "--scope", "global", "--data", "still here")
                            .status())
                    .isZero();
            first.awaitData("still here");
            third.awaitData("still here");
        }
    }

    @Test
    void with_redis_no_secret_is_among_the_arguments_of_a_process() {
        try (RedisServer redis = new RedisServer();
                CommandProcess up = up(redis, "--jwt-key", "key-that-must-not-show-up-anywhere-else")) {
            assertThat(members(up))
                    .hasSize(NODES)
                    .allSatisfy(member -> assertThat(member.info().commandLine().orElseThrow())
                            .contains("--node-id")
                            .doesNotContain("key-that-must-not", "secret", "redis:"));
        }
    }

    @Test
    void with_redis_no_node_outlives_an_up_that_was_killed() {
        try (RedisServer redis = new RedisServer();
                CommandProcess up = up(redis)) {
            List<ProcessHandle> members = members(up);

            up.kill();

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> members.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void a_broker_that_is_away_ends_up_with_one_line() {
        try (CommandProcess up = CommandProcess.start(
                Map.of(),
                "up",
                "--port",
                Integer.toString(port),
                "--broker",
                "redis://user:pass@127.0.0.1:1",
                "--broker-start-timeout",
                "500ms")) {
            assertThat(up.status()).isEqualTo(1);
            assertThat(up.err())
                    .singleElement()
                    .asString()
                    .startsWith("carillon: broker-away: ")
                    .doesNotContain("pass@");
        }
    }

    private CommandProcess up(RedisServer redis, String... more) {
        return up("redis://127.0.0.1:" + redis.port(), more);
    }

    private CommandProcess up(String broker, String... more) {
        List<String> args = new ArrayList<>(
                List.of("up", "--port", Integer.toString(port), "--broker", broker, "--broker-start-timeout", "30s"));
        args.addAll(List.of(more));
        CommandProcess up = CommandProcess.start(Map.of(), args.toArray(String[]::new));
        up.awaitLine("Ctrl-C ends all");
        return up;
    }

    /** At the first node, with the token that {@code up} printed. */
    private CommandProcess broadcast(CommandProcess up, String... args) {
        Map<String, String> variables = Map.of(
                "CARILLON_TOKEN",
                up.awaitLine("export CARILLON_TOKEN=(\\S+)").group(1),
                "CARILLON_URL",
                "http://127.0.0.1:" + (port + 1),
                "LC_ALL",
                "C.UTF-8");
        CommandProcess broadcast = CommandProcess.start(
                variables,
                Stream.concat(Stream.of("broadcast"), Stream.of(args)).toArray(String[]::new));
        int _ = broadcast.status();
        return broadcast;
    }

    private List<SseClient> listeners(String target) {
        return IntStream.rangeClosed(1, NODES)
                .mapToObj(i -> SseClient.open(port + i, target).opened())
                .toList();
    }

    private static ProcessHandle member(CommandProcess up, int number) {
        String pid = up.awaitLine("  n" + number + "     .* process (\\d+)").group(1);
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    private static List<ProcessHandle> members(CommandProcess up) {
        return IntStream.rangeClosed(1, NODES).mapToObj(i -> member(up, i)).toList();
    }

    /** A port that has, as {@code up} needs it, free ones after it. */
    private static int freePorts() {
        return IntStream.generate(() -> ThreadLocalRandom.current().nextInt(20_000, 30_000))
                .filter(port -> ports(port).allMatch(UpIT::isFree))
                .findFirst()
                .orElseThrow();
    }

    private static IntStream ports(int port) {
        return IntStream.concat(
                IntStream.of(port),
                IntStream.rangeClosed(1, NODES).flatMap(i -> IntStream.of(port + i, port + 1_000 + i)));
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
