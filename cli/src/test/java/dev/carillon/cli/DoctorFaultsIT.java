package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code doctor} at nodes, tokens and addresses that are wrong, each in its own way. */
@Tag("full")
class DoctorFaultsIT extends DoctorFixture {
    @Test
    void node_alone_passes_for_anonymous_clients() {
        Node node = node("alone", Map.of());

        CommandRun run = doctor("http://127.0.0.1:" + node.port(), "", "--idle", "1");

        assertThat(line(run, "token")).startsWith("ok none is given, and anonymous clients are let in");
        assertThat(line(run, "buffering"))
                .startsWith("ok the first event came after ")
                .contains("without a token");
        assertThat(line(run, "sticky")).startsWith("ok no sticky cookie, and one node answers");
        assertThat(line(run, "nodes")).startsWith("ok all 5 streams went to node n-alone");
        assertThat(line(run, "version")).startsWith("ok 0.");
        assertThat(line(run, "compression")).startsWith("ok gzip");
        assertThat(failed(run)).isEmpty();

        Node secretive = node("secretive", Map.of("health-detail", "off"));
        assertThat(line(doctor("http://127.0.0.1:" + secretive.port(), ""), "version"))
                .startsWith("skip not checked: the nodes do not say it without health-detail");
    }

    @Test
    void node_that_wants_a_token_is_not_checked_without_one() {
        Node node = node("closed", Map.of("anonymous", "false"));

        CommandRun run = doctor("http://127.0.0.1:" + node.port(), "");

        assertThat(line(run, "token"))
                .startsWith("skip not checked: the nodes want a token; give one by CARILLON_TOKEN");
        assertThat(line(run, "stream")).startsWith("skip not checked");
        assertThat(failed(run)).isEmpty();
    }

    @Test
    void base_path_belongs_into_the_url() {
        Node node = node("base", Map.of("base-path", "/push"));

        CommandRun below = doctor("http://127.0.0.1:" + node.port() + "/push/", TestCluster.token());
        CommandRun without = doctor("http://127.0.0.1:" + node.port(), TestCluster.token());

        assertThat(failed(below)).isEmpty();
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
        String forged = TestCluster.token().replaceFirst("\\.[^.]*$", ".AAAA");
        String reader = TestCluster.token(List.of(), List.of("*"), b -> b);

        assertThat(line(doctor(url, later), "token")).startsWith("fail it is not valid before ");
        CommandRun run = doctor(url, forged);
        assertThat(line(run, "token")).startsWith("fail refused: 401 token-invalid");
        assertThat(run.out()).doesNotContain(forged);
        assertThat(line(doctor(url, reader), "buffering"))
                .startsWith("ok the first event came after ")
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
    }

    @Test
    void heartbeats_of_a_quiet_stream_are_counted() {
        Node node = node("heartbeat", Map.of("heartbeat", "1s"));

        assertThat(line(doctor("http://127.0.0.1:" + node.port(), "", "--idle", "4"), "idle"))
                .containsPattern("^ok a quiet stream was open for 4.0 s, with [2-4] heartbeats");
    }

    @Test
    void node_that_believes_the_headers_of_clients_is_a_warning() {
        Node node = node("believing", Map.of("trusted-proxies", "127.0.0.1"));

        assertThat(line(doctor("http://127.0.0.1:" + node.port(), ""), "forwarded"))
                .startsWith("warn the nodes believe X-Forwarded-Proto of this client");
    }

    @Test
    void draining_node_fails() {
        Node node = node("draining", Map.of("drain-notice", "10m", "drain-timeout", "10m"));
        own(drain(node));
        Awaitility.await().until(() -> TestCluster.get(node.port(), "/_health").statusCode() == 503);

        CommandRun run = doctor("http://127.0.0.1:" + node.port(), TestCluster.token());

        assertThat(line(run, "health")).startsWith("fail draining, with status 503");
        assertThat(run.status()).isEqualTo(1);
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
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] block = "x".repeat(8_192).getBytes(StandardCharsets.US_ASCII);
            while (!Thread.currentThread().isInterrupted()) {
                socket.getOutputStream().write(block);
            }
        } catch (IOException e) {
            // The client has left.
        }
    }
}
