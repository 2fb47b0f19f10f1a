package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.SseClient;
import dev.carillon.testkit.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor} at nodes, proxies and tokens that are wrong, each in its own way. */
@Tag("full")
@Tag("nginx")
class DoctorFaultsIT {
    private static final String REPLACED =
            "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; "
                    + "proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header Connection $upgrade;";
    private static final String UPGRADE = REPLACED + " proxy_set_header Upgrade $http_upgrade;";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void node_alone_passes_for_anonymous_clients() {
        Node node = node("alone", Map.of());

        CommandRun run = doctor("http://127.0.0.1:" + node.port(), "", "--idle", "1");

        assertThat(line(run, "token")).startsWith("ok none is given, and anonymous clients are let in");
        assertThat(line(run, "buffering"))
                .startsWith("ok the first event came at once")
                .contains("without a token");
        assertThat(line(run, "sticky")).startsWith("ok no sticky cookie, and one node answers");
        assertThat(line(run, "nodes")).startsWith("ok all 5 streams went to node n-alone");
        assertThat(line(run, "version")).startsWith("ok 0.");
        assertThat(line(run, "compression")).startsWith("ok gzip");
        assertThat(run.status()).isZero();
    }

    @Test
    void node_that_wants_a_token_is_not_checked_without_one() {
        Node node = node("closed", Map.of("anonymous", "false"));

        CommandRun run = doctor("http://127.0.0.1:" + node.port(), "");

        assertThat(line(run, "token"))
                .startsWith("skip not checked: the nodes want a token; give one by CARILLON_TOKEN");
        assertThat(line(run, "stream")).startsWith("skip not checked");
        assertThat(run.status()).isZero();
    }

    @Test
    void base_path_belongs_into_the_url() {
        Node node = node("base", Map.of("base-path", "/push"));

        CommandRun below = doctor("http://127.0.0.1:" + node.port() + "/push/", TestCluster.token());
        CommandRun without = doctor("http://127.0.0.1:" + node.port(), TestCluster.token());

        assertThat(below.status()).as(below.out()).isZero();
        assertThat(line(without, "health"))
                .startsWith("fail /_health answers 404")
                .contains("not-found");
        assertThat(without.status()).isEqualTo(1);
    }

    @Test
    void tokens_are_explained_and_never_printed() {
        Node node = node("tokens", Map.of());
        String url = "http://127.0.0.1:" + node.port();
        String later = TestCluster.token(
                List.of(), List.of(), b -> b.notBefore(Date.from(Instant.now().plusSeconds(300))));
        String soon = TestCluster.token(
                List.of("*"),
                List.of(),
                b -> b.expiration(Date.from(Instant.now().plusSeconds(30))));
        String forged = TestCluster.token().replaceFirst("\\.[^.]*$", ".AAAA");
        String reader = TestCluster.token(List.of(), List.of("*"), b -> b);

        assertThat(line(doctor(url, later), "token")).startsWith("fail it is not valid before ");
        assertThat(line(doctor(url, soon), "token")).startsWith("warn it expires in ");
        CommandRun run = doctor(url, forged);
        assertThat(line(run, "token")).startsWith("fail refused: 401 token-invalid");
        assertThat(run.out()).doesNotContain(forged);
        assertThat(line(doctor(url, reader), "buffering"))
                .startsWith("ok the first event came at once")
                .contains("the token grants no broadcast");
        assertThat(line(doctor(url, "an-opaque-token"), "token")).startsWith("fail refused: 401");
    }

    @Test
    void origin_is_allowed_or_not() {
        Node node = node("cors", Map.of("cors-origins", "https://app.example"));
        String url = "http://127.0.0.1:" + node.port();

        assertThat(line(doctor(url, "", "--origin", "https://app.example"), "cors"))
                .startsWith("ok pages of https://app.example may use the cluster");
        assertThat(line(doctor(url, "", "--origin", "https://app.example.net"), "cors"))
                .startsWith("fail pages of https://app.example.net may not read the answer to a request");
        assertThat(line(doctor(url, "", "--origin", url), "cors"))
                .startsWith("ok ")
                .contains("same origin");
        int doubled = nginx("location / { proxy_pass http://127.0.0.1:" + node.port()
                + "; add_header Access-Control-Allow-Origin https://app.example always; }");
        assertThat(line(doctor("http://127.0.0.1:" + doubled, "", "--origin", "https://app.example"), "cors"))
                .startsWith("fail the answer to a request has Access-Control-Allow-Origin 2 times");
    }

    @Test
    void buffering_proxy_fails() {
        Node node = node("buffered", Map.of());
        int port = nginx("location / { proxy_pass http://127.0.0.1:" + node.port() + "; " + UPGRADE
                + " proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; }");

        CommandRun run = doctor("http://127.0.0.1:" + port, TestCluster.token(), "--timeout", "2");

        assertThat(run.out()).containsPattern("(?m)^fail  (stream|buffering) ").contains("proxy_buffering off");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void proxy_that_passes_parts_on_but_cuts_silence_and_upgrades_fails_for_these() {
        Node node = node("cut", Map.of());
        int port = nginx("location / { proxy_pass http://127.0.0.1:" + node.port() + "; " + REPLACED
                + " proxy_buffering off; proxy_read_timeout 2s; }");

        CommandRun run = doctor("http://127.0.0.1:" + port, TestCluster.token(), "--idle", "6");

        assertThat(line(run, "buffering")).startsWith("ok a broadcast had reached all 5 streams");
        assertThat(line(run, "idle")).startsWith("fail a quiet stream ended after 2.");
        assertThat(line(run, "websocket")).startsWith("fail the upgrade is refused with status 400");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void heartbeats_of_a_quiet_stream_are_counted() {
        Node node = node("heartbeat", Map.of("heartbeat", "1s"));

        assertThat(line(doctor("http://127.0.0.1:" + node.port(), "", "--idle", "4"), "idle"))
                .containsPattern("^ok a quiet stream was open for 4.0 s, with [2-4] heartbeats");
    }

    @Test
    void nodes_of_two_clusters_behind_one_address_fail() throws Exception {
        Node one = node("one", Map.of());
        Node two = node("two", Map.of());
        StickyProxy proxy = own(StickyProxy.start(ProxyConfig.of(List.of(
                        URI.create("http://127.0.0.1:" + one.port()), URI.create("http://127.0.0.1:" + two.port())))
                .withListen(new ProxyConfig.Listen("127.0.0.1", 0))));
        String url = "http://127.0.0.1:" + proxy.port();

        CommandRun with = doctor(url, TestCluster.token(), "--timeout", "2");
        CommandRun without = doctor(url, "");

        assertThat(line(with, "nodes"))
                .startsWith("fail the nodes n-one, n-two belong to different clusters: a broadcast did not reach");
        assertThat(line(without, "nodes"))
                .startsWith("fail the nodes n-one, n-two belong to different clusters: their logs");
        assertThat(with.status()).isEqualTo(1);
        assertThat(without.status()).isEqualTo(1);
    }

    @Test
    void nodes_without_a_sticky_cookie_are_a_warning() {
        TestCluster cluster = own(new TestCluster("memory://no-cookie", 2, Map.of()));
        int port = nginx(
                "location / { proxy_pass http://nodes; " + UPGRADE + " proxy_buffering off; }",
                "upstream nodes { server 127.0.0.1:" + cluster.node(0).port() + "; server 127.0.0.1:"
                        + cluster.node(1).port() + "; }");

        CommandRun run = doctor("http://127.0.0.1:" + port, TestCluster.token());

        assertThat(line(run, "sticky")).startsWith("warn no cookie keeps a browser at one of the nodes");
        assertThat(line(run, "nodes")).endsWith("belong to one cluster");
        assertThat(run.status()).as(run.out()).isZero();
    }

    @Test
    void certificate_and_what_the_nodes_know_of_the_scheme() throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "site", "EC", "-validity", "10");
        Node unaware = node("unaware", Map.of());
        Node aware = node("aware", Map.of("trusted-proxies", "127.0.0.1", "secure-cookie", "true"));
        String url = "https://localhost:" + tls(certificate, unaware);

        CommandRun untrusted = doctor(url, TestCluster.token());
        CommandRun run = doctor(
                url, TestCluster.token(), "--ca", certificate.certificate().toString());
        CommandRun well = doctor(
                "https://localhost:" + tls(certificate, aware),
                TestCluster.token(),
                "--ca",
                certificate.certificate().toString());

        assertThat(line(untrusted, "tls")).startsWith("fail clients refuse the certificate");
        assertThat(untrusted.out().lines()).hasSize(2);
        assertThat(line(run, "tls"))
                .startsWith("warn TLSv1.3, the certificate is valid until")
                .contains("(9 days)");
        assertThat(line(run, "http2")).startsWith("ok offered");
        assertThat(line(run, "stream")).startsWith("ok opened over HTTP/2");
        assertThat(line(run, "cookies"))
                .startsWith("warn carillon_session is not Secure")
                .contains("secure-cookie");
        assertThat(line(run, "forwarded")).startsWith("fail a WebSocket of a page at https://localhost");
        assertThat(line(well, "forwarded")).startsWith("ok ");
        assertThat(line(well, "cookies")).startsWith("ok __Host-carillon_session: Secure, HttpOnly");
        assertThat(well.status()).as(well.out()).isZero();
    }

    @Test
    void node_that_believes_the_headers_of_clients_is_a_warning() {
        Node node = node("believing", Map.of("trusted-proxies", "127.0.0.1"));

        assertThat(line(doctor("http://127.0.0.1:" + node.port(), ""), "forwarded"))
                .startsWith("warn the nodes believe X-Forwarded-Proto of this client");
    }

    @Test
    void draining_node_fails() {
        Node node = node("draining", Map.of("drain-notice", "0s", "drain-timeout", "10m", "drain-rate", "0"));
        SseClient held = own(SseClient.open(node.port(), "/events").opened());
        own(drain(node));
        Awaitility.await().until(() -> TestCluster.get(node.port(), "/_health").statusCode() == 503);

        CommandRun run = doctor("http://127.0.0.1:" + node.port(), TestCluster.token());

        assertThat(line(run, "health")).startsWith("fail draining, with status 503");
        assertThat(run.status()).isEqualTo(1);
        assertThat(held.hasEnded()).isFalse();
    }

    @Test
    void address_that_does_not_answer_ends_in_time() throws Exception {
        try (ServerSocket hole = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            CommandRun run = doctor("http://127.0.0.1:" + hole.getLocalPort(), "", "--timeout", "1");

            assertThat(line(run, "health")).startsWith("fail /_health was not answered within 1000 ms");
            assertThat(run.status()).isEqualTo(1);
        }
        assertThat(line(doctor("http://127.0.0.1:1", ""), "address")).startsWith("fail 127.0.0.1:1 cannot be reached");
        assertThat(line(doctor("http://no-such-host.invalid", ""), "address")).startsWith("fail ");
    }

    /** Its stream never ends, has no line break and is read no further than necessary. */
    @Test
    void server_that_is_no_node_fails_and_its_endless_answer_ends_in_time() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                while (!server.isClosed()) {
                    try {
                        Socket socket = server.accept();
                        Thread.ofVirtual().start(() -> pour(socket));
                    } catch (IOException e) {
                        // Closed.
                    }
                }
            });
            CommandRun run = doctor("http://127.0.0.1:" + server.getLocalPort(), "", "--timeout", "1");

            assertThat(line(run, "health")).startsWith("fail ");
            assertThat(run.status()).isEqualTo(1);
        }
    }

    /** Drains a node until the result is closed. */
    private static AutoCloseable drain(Node node) {
        Thread draining = Thread.startVirtualThread(() -> {
            try {
                node.drain();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return draining::interrupt;
    }

    private static void pour(Socket socket) {
        try (socket) {
            socket.getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                            .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            byte[] block = "x".repeat(8_192).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            while (!Thread.currentThread().isInterrupted()) {
                socket.getOutputStream().write(block);
            }
        } catch (IOException e) {
            // The client has left.
        }
    }

    private Node node(String name, Map<String, String> settings) {
        return own(Node.builder(TestCluster.config("n-" + name, "memory://doctor-" + name, new HashMap<>(settings)))
                .start());
    }

    private int tls(TestCertificate certificate, Node node) {
        return nginx(
                "location / { proxy_pass http://127.0.0.1:" + node.port() + "; " + UPGRADE + " proxy_buffering off; }",
                "",
                " ssl http2",
                "ssl_certificate " + certificate.certificate() + "; ssl_certificate_key " + certificate.key() + ";");
    }

    private int nginx(String location, String... more) {
        int port = ServerProcess.freePort();
        String listen = more.length > 1 ? more[1] : "";
        String server = more.length > 2 ? more[2] : "";
        try {
            Path home = Files.createDirectory(dir.resolve("nginx" + port));
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.writeString(
                    home.resolve("nginx.conf"),
                    "worker_processes 1; events { worker_connections 200; }\nhttp { access_log off;\n"
                            + "map $http_upgrade $upgrade { default upgrade; '' ''; }\n"
                            + (more.length > 0 ? more[0] : "") + "\nserver { listen 127.0.0.1:" + port + listen + "; "
                            + server + "\n" + location + " }\n}\n");
            ChildProcess process = own(ChildProcess.of(
                            Objects.requireNonNullElse(System.getenv("NGINX_SERVER"), "/usr/sbin/nginx"),
                            "-e",
                            "stderr",
                            "-p",
                            home.toString(),
                            "-c",
                            "nginx.conf",
                            "-g",
                            "daemon off; pid nginx.pid;")
                    .directory(home)
                    .merged()
                    .start());
            Awaitility.await().until(() -> {
                assertThat(process.isAlive()).as(process.text()).isTrue();
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    return socket.isConnected();
                } catch (IOException e) {
                    return false;
                }
            });
            return port;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** @param token empty: none */
    private static CommandRun doctor(String url, String token, String... more) {
        List<String> arguments = new ArrayList<>(List.of("doctor", "--url", url));
        if (!List.of(more).contains("--idle")) {
            arguments.addAll(List.of("--idle", "0"));
        }
        arguments.addAll(List.of(more));
        CommandRun run = CommandRun.of(
                token.isEmpty() ? Map.of() : Map.of("CARILLON_TOKEN", token), "", arguments.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        return run;
    }

    /** Status and text of the finding with this name, of which there is one. */
    private static String line(CommandRun run, String check) {
        List<String> lines = run.out()
                .lines()
                .filter(line -> line.split(" +")[1].equals(check))
                .map(line -> line.replaceFirst("^(\\S+) +\\S+ +", "$1 "))
                .toList();
        assertThat(lines).as(check + " in\n" + run.out()).hasSize(1);
        return lines.getFirst();
    }

    private <T extends AutoCloseable> T own(T closeable) {
        opened.add(closeable);
        return closeable;
    }
}
