package dev.carillon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.secret.Secrets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls to the various servers that may listen at a node's address. */
class NodeCallsIT {
    private static final Duration PATIENT = Duration.ofMinutes(2);

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    private NodeCalls calls(Secrets secrets, Duration timeout) {
        NodeCalls calls = new NodeCalls(
                new CallSigner(
                        secrets, new CallSigner.NodeIdentity("n1", 1), InstantSource.system(), new SecureRandom()),
                metrics,
                Platform.system(),
                timeout);
        opened.add(calls);
        return calls;
    }

    private NodeCalls calls(Duration timeout) {
        return calls(new Secrets(List.of("a secret of the tests")), timeout);
    }

    private static NodeRecord at(int port) {
        return new NodeRecord("n2", 2, Optional.of(new NodeAddress("127.0.0.1", port)), 0, 0);
    }

    /** Accepts connections and never answers. */
    private ServerSocket silent() throws IOException {
        ServerSocket socket = new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress());
        opened.add(socket);
        return socket;
    }

    private int answering(int status, byte[] body) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        opened.add(() -> server.stop(0));
        return server.getAddress().getPort();
    }

    private static CompletionStage<byte[]> call(NodeCalls calls, NodeRecord node) {
        return calls.call(node, "GET", "/x", new byte[0]);
    }

    private static CarillonException failure(CompletionStage<byte[]> call) {
        try {
            throw new AssertionError(new String(call.toCompletableFuture().join(), StandardCharsets.UTF_8));
        } catch (CompletionException e) {
            return (CarillonException) Objects.requireNonNull(e.getCause());
        }
    }

    private double sent(String outcome) {
        return metrics.counter("carillon.cluster.calls.sent", "outcome", outcome)
                .count();
    }

    @Test
    void answer_is_the_body() throws IOException {
        int port = answering(200, Text.utf8("{\"closed\":1}"));

        assertThat(call(calls(PATIENT), at(port)).toCompletableFuture().join())
                .asString()
                .isEqualTo("{\"closed\":1}");
        assertThat(sent("answered")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "403 | {\"code\":\"call-refused\",\"detail\":\"why\"} | CALL_REFUSED | why",
                "421 | {\"code\":\"wrong-node\",\"detail\":\"why\"} | WRONG_NODE | why",
                "404 | {\"code\":\"of-a-newer-release\"} | INTERNAL | of-a-newer-release",
                "404 | nothing here | NODE_UNREACHABLE | status 404",
                "302 | {} | NODE_UNREACHABLE | status 302",
                "500 | [] | NODE_UNREACHABLE | status 500",
            })
    void refusal_has_the_code_that_the_node_answered(int status, String body, ErrorCode code, String message)
            throws IOException {
        CarillonException failure = failure(call(calls(PATIENT), at(answering(status, Text.utf8(body)))));

        assertThat(failure.code()).isEqualTo(code);
        assertThat(failure).hasMessageContaining(message);
    }

    @Test
    void oversized_answer_is_not_read() throws IOException {
        int port = answering(200, new byte[64 * 1024 + 1]);

        assertThat(failure(call(calls(PATIENT), at(port))).code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
    }

    @Test
    void node_that_does_not_answer_in_time_is_unreachable() throws IOException {
        CarillonException failure = failure(call(calls(Duration.ofMillis(200)), at(silent().getLocalPort())));

        assertThat(failure.code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
        assertThat(failure).hasMessageContaining("no answer within");
        assertThat(sent("timeout")).isEqualTo(1);
    }

    @Test
    void absent_node_is_unreachable() throws IOException {
        int port;
        try (ServerSocket closed = silent()) {
            port = closed.getLocalPort();
        }

        CarillonException failure = failure(call(calls(PATIENT), at(port)));

        assertThat(failure.code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
        assertThat(failure).hasMessageContaining("127.0.0.1:" + port);
        assertThat(sent("unreachable")).isEqualTo(1);
    }

    @Test
    void node_without_an_address_is_unreachable() {
        CarillonException failure = failure(call(calls(PATIENT), new NodeRecord("n2", 2, Optional.empty(), 0, 0)));

        assertThat(failure.code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
    }

    @Test
    void calls_beyond_the_concurrency_limit_are_all_answered() throws IOException {
        CompletableFuture<?> release = new CompletableFuture<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
        server.setExecutor(task -> Thread.ofVirtual().start(task));
        server.createContext("/", exchange -> {
            release.join();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        opened.add(() -> server.stop(0));
        NodeCalls calls = calls(PATIENT);
        NodeRecord node = at(server.getAddress().getPort());

        List<CompletableFuture<byte[]>> open = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            open.add(call(calls, node).toCompletableFuture());
        }
        release.complete(null);

        assertThat(open).allSatisfy(one -> assertThat(one.join()).isEmpty());
        assertThat(sent("answered")).isEqualTo(300);
    }

    @Test
    void calls_beyond_the_queue_limit_are_refused_at_once() throws IOException {
        NodeCalls calls = calls(PATIENT);
        NodeRecord silent = at(silent().getLocalPort());
        for (int i = 0; i < NodeCalls.MAX_OPEN + NodeCalls.MAX_WAITING; i++) {
            assertThat(call(calls, silent).toCompletableFuture()).isNotDone();
        }

        CarillonException over = failure(call(calls, silent));

        assertThat(over.code()).isEqualTo(ErrorCode.OVERLOADED);
    }

    @Test
    void call_that_waits_too_long_is_refused_and_frees_its_place() throws IOException {
        NodeCalls calls = calls(Duration.ofSeconds(3));
        NodeRecord silent = at(silent().getLocalPort());
        List<CompletableFuture<byte[]>> open = new ArrayList<>();
        for (int i = 0; i < NodeCalls.MAX_OPEN + 1; i++) {
            open.add(call(calls, silent).toCompletableFuture());
        }

        open.forEach(one -> failure(one));

        assertThat(sent("timeout") + sent("overloaded")).isEqualTo(NodeCalls.MAX_OPEN + 1);
        assertThat(failure(call(calls, silent)).code()).isEqualTo(ErrorCode.NODE_UNREACHABLE);
    }

    @Test
    void node_without_a_secret_calls_no_node_and_says_why() throws IOException {
        CarillonException failure =
                failure(call(calls(Secrets.random(new SecureRandom()), PATIENT), at(answering(200, new byte[0]))));

        assertThat(failure.code()).isEqualTo(ErrorCode.CALL_REFUSED);
        assertThat(failure).hasMessageContaining("set secret");
    }
}
