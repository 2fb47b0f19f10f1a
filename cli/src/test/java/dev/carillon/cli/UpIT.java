package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The real commands as processes. */
@Tag("process")
class UpIT {
    /** Of the tests that broadcast. */
    @SuppressWarnings("NullAway.Init")
    private static UpProcess running;

    @BeforeAll
    static void start() {
        running = UpProcess.start("memory");
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    @Test
    void a_broadcast_to_one_node_is_received_on_all_of_them_once() {
        List<SseClient> clients = listeners(running, "/events?route=/board");

        CommandProcess broadcast =
                broadcast(running, "--scope", "route:/board", "--scope", "global", "--data", "grüße @all");
        assertThat(broadcast.status()).as(broadcast.err().toString()).isZero();
        assertThat(broadcast(running, "--scope", "global", "--data", "last").status())
                .isZero();

        clients.forEach(client -> client.awaitData("last"));
        assertThat(clients).allSatisfy(client -> assertThat(client.data()).containsExactly("grüße @all", "last"));
        assertThat(broadcast.out())
                .singleElement()
                .isEqualTo(clients.getFirst().all().get(1).id());
        clients.forEach(SseClient::close);
    }

    @Test
    void a_cluster_below_a_base_path_is_served_with_a_cookie_for_that_path() throws Exception {
        try (UpProcess up = UpProcess.start("memory", "--base-path", "/myapp")) {
            HttpResponse<String> page = get(up, "/myapp/examples/counter");

            assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            assertThat(page.headers().allValues("Set-Cookie"))
                    .hasSize(2)
                    .allSatisfy(cookie -> assertThat(cookie).contains("Path=/myapp;"))
                    .anySatisfy(cookie -> assertThat(cookie).startsWith("carillon_node="));
            assertThat(get(up, "/examples/counter").statusCode()).isEqualTo(404);
            up.command().awaitLine("  http://127.0.0.1:" + up.port() + "/myapp/examples");
        }
    }

    private static HttpResponse<String> get(UpProcess up, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + up.port() + path))
                            .header("Accept", "text/html")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void a_broadcast_that_is_refused_is_one_line_with_its_code() {
        CommandProcess ungranted = broadcast(running, "--scope", "system", "--data", "x");
        assertThat(ungranted.status()).isEqualTo(1);
        assertThat(ungranted.err())
                .containsExactly("carillon: not-granted: the token has no grant to broadcast to system (status 403)");

        CommandProcess forged = broadcast(running, "--token", "forged", "--scope", "global", "--data", "x");
        assertThat(forged.status()).isEqualTo(1);
        assertThat(forged.err())
                .containsExactly(
                        "carillon: token-invalid: the token is malformed: it must have three parts in Base64url, separated by dots (status 401)");
    }

    @Test
    void sigterm_ends_every_node_in_order_with_status_0() {
        try (UpProcess up = UpProcess.start("memory")) {
            List<SseClient> clients = listeners(up, "/events");

            up.command().terminate();

            assertThat(up.command().status()).isZero();
            assertThat(up.command().out()).last().isEqualTo("carillon: 3 nodes stopped");
            Awaitility.await().until(() -> clients.stream().allMatch(SseClient::hasEnded));
            assertThat(clients)
                    .allSatisfy(client -> assertThat(client.lastRetry()).isNotNull());
            assertThat(UpProcess.ports(up.port()).allMatch(UpProcess::isFree)).isTrue();
        }
    }

    @Test
    void https_is_served_with_a_certificate_made_for_this_machine() throws Exception {
        int port = UpProcess.freePorts();
        try (CommandProcess up = CommandProcess.start(
                Map.of(), "up", "--tls", "--nodes", "1", "--broker", "memory", "--port", Integer.toString(port))) {
            up.awaitLine("proxy  https://127.0.0.1:" + port);
            SSLContext context = SSLContext.getInstance("TLS");
            CertificateSeen seen = new CertificateSeen();
            context.init(null, new TrustManager[] {seen}, null);
            try (HttpClient http = HttpClient.newBuilder().sslContext(context).build()) {
                HttpResponse<String> answer = http.send(
                        HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/_health"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(200);
            }
            assertThat(seen.names()).contains("localhost", "127.0.0.1");
        }
    }

    /** Trusts a certificate that nothing has signed, and keeps it; names are checked by the client. */
    private static final class CertificateSeen extends X509ExtendedTrustManager {
        private volatile X509Certificate @Nullable [] chain;

        List<String> names() throws CertificateParsingException {
            return Objects.requireNonNull(chain)[0].getSubjectAlternativeNames().stream()
                    .map(name -> String.valueOf(name.get(1)))
                    .toList();
        }

        @Override
        public void checkServerTrusted(X509Certificate[] given, String type, SSLEngine engine) {
            chain = given;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] given, String type, Socket socket) {
            chain = given;
        }

        @Override
        public void checkServerTrusted(X509Certificate[] given, String type) {
            chain = given;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] given, String type, SSLEngine engine) {
            throw new AssertionError("not a server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] given, String type, Socket socket) {
            throw new AssertionError("not a server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] given, String type) {
            throw new AssertionError("not a server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    @Test
    void port_in_use_is_reported_before_anything_starts() throws IOException {
        int port = UpProcess.freePorts();
        try (ServerSocket taken = new ServerSocket(port + 2, 1, InetAddress.getLoopbackAddress());
                CommandProcess up = CommandProcess.start(Map.of(), "up", "--port", Integer.toString(port))) {
            assertThat(up.status()).isEqualTo(2);
            assertThat(up.err())
                    .singleElement()
                    .asString()
                    .startsWith("carillon: port: 127.0.0.1:" + taken.getLocalPort()
                            + ": is the port of node n2 and is not available");
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
                "--internal-port",
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

    @Tag("redis")
    @Test
    void nodes_on_redis_are_processes_and_up_reports_and_survives_a_crash() {
        try (TestServer redis = Servers.redis();
                UpProcess up = up(redis)) {
            assertThat(up.members())
                    .hasSize(UpProcess.NODES)
                    .allSatisfy(member -> assertThat(member.info().commandLine().orElseThrow())
                            .contains("--node-id")
                            .doesNotContain("secret", "redis:"));
            SseClient first = SseClient.open(up.port() + 1, "/events").opened();
            SseClient third = SseClient.open(up.port() + 3, "/events").opened();

            ProcessHandle second = up.member(2);
            second.destroyForcibly();
            up.command()
                    .awaitErrLine("carillon: node n2 \\(process " + second.pid()
                            + "\\) ended with status 137; the other nodes continue");

            assertThat(broadcast(up, "--scope", "global", "--data", "still here")
                            .status())
                    .isZero();
            first.awaitData("still here");
            third.awaitData("still here");
        }
    }

    @Tag("redis")
    @Test
    @Tag("full")
    void process_arguments_contain_no_key_on_redis() {
        try (TestServer redis = Servers.redis();
                UpProcess up = up(redis, "--jwt-key", "key-that-must-not-show-up-anywhere-else")) {
            assertThat(up.members())
                    .allSatisfy(member -> assertThat(member.info().commandLine().orElseThrow())
                            .doesNotContain("key-that-must-not"));
        }
    }

    @Tag("redis")
    @Test
    @Tag("full")
    void no_node_on_redis_outlives_a_killed_up() {
        try (TestServer redis = Servers.redis();
                UpProcess up = up(redis)) {
            List<ProcessHandle> members = up.members();

            up.command().kill();

            Awaitility.await().until(() -> members.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void unavailable_broker_ends_up_with_one_line() {
        try (CommandProcess up = CommandProcess.start(
                Map.of(),
                "up",
                "--port",
                Integer.toString(UpProcess.freePorts()),
                "--broker",
                "redis://user:pass@127.0.0.1:1",
                "--broker-start-timeout",
                "500ms")) {
            assertThat(up.status()).isEqualTo(1);
            assertThat(up.err())
                    .singleElement()
                    .asString()
                    .startsWith("carillon: broker-unavailable: ")
                    .doesNotContain("pass@");
        }
    }

    /** At the first node, with the token that {@code up} printed. */
    private static CommandProcess broadcast(UpProcess up, String... args) {
        Map<String, String> variables =
                Map.of("CARILLON_TOKEN", up.token(), "CARILLON_URL", up.node(1), "LC_ALL", "C.UTF-8");
        CommandProcess broadcast = CommandProcess.start(
                variables,
                Stream.concat(Stream.of("broadcast"), Stream.of(args)).toArray(String[]::new));
        int _ = broadcast.status();
        return broadcast;
    }

    private static UpProcess up(TestServer redis, String... more) {
        return UpProcess.start("redis://127.0.0.1:" + redis.port(), more);
    }

    private static List<SseClient> listeners(UpProcess up, String target) {
        return IntStream.rangeClosed(1, UpProcess.NODES)
                .mapToObj(i -> SseClient.open(up.port() + i, target).opened())
                .toList();
    }
}
