package dev.carillon.authorizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.auth.AuthorizerUnavailableException;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Questions to a server that breaks connections. */
class QuestionClientIT {
    private static final String ANSWER = "{\"allow\":true}";

    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    /** Maps the number of a request to its response; an empty one closes the connection without a response. */
    private IntFunction<String> responses = number -> response(ANSWER);

    private final ServerSocket server = listen();
    private final QuestionClient client = new QuestionClient(
            new AuthorizerConfig.Http(
                    URI.create("http://127.0.0.1:" + server.getLocalPort() + "/"),
                    "key of the tests, long",
                    null,
                    Duration.ofSeconds(20)),
            metrics,
            Platform.system());

    private ServerSocket listen() {
        try {
            ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread.ofVirtual().start(() -> {
                while (true) {
                    try {
                        Socket accepted = socket.accept();
                        connections.incrementAndGet();
                        Thread.ofVirtual().start(() -> serve(accepted));
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            return socket;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            while (true) {
                String body = request(socket.getInputStream());
                bodies.add(body);
                String response = responses.apply(bodies.size());
                if (response.isEmpty()) {
                    return;
                }
                socket.getOutputStream().write(Text.utf8(response));
            }
        } catch (IOException e) {
            // The client closed it.
        }
    }

    private static String request(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed");
            }
            head.append((char) next);
        }
        int length = Integer.parseInt(head.toString().replaceFirst("(?is).*content-length: *(\\d+).*", "$1"));
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private static String response(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private void ask(String id) {
        client.ask(Question.connect(id, "t"), json -> json.isTrue("allow"))
                .toCompletableFuture()
                .join();
    }

    private double repeated() {
        return metrics.get("carillon.authorizer.repeated").counter().count();
    }

    private double questions(String outcome) {
        return metrics.find("carillon.authorizer.questions").tag("outcome", outcome).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    @Test
    void a_question_on_a_stale_connection_is_repeated_once_with_the_same_id() {
        responses = number -> number == 2 ? "" : response(ANSWER);
        ask("first");
        ask("second");
        assertThat(bodies).hasSize(3);
        assertThat(bodies.get(1)).isEqualTo(bodies.get(2)).contains("\"id\":\"second\"");
        assertThat(connections).hasValue(2);
        assertThat(repeated()).isEqualTo(1);
        assertThat(client.isAvailable()).isTrue();
    }

    @Test
    void a_question_that_breaks_twice_is_not_answered() {
        responses = number -> "";
        assertThatThrownBy(() -> ask("a"))
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(AuthorizerUnavailableException.class);
        assertThat(bodies).hasSize(2);
        assertThat(questions("unreachable")).isEqualTo(1);
        assertThat(client.isAvailable()).isFalse();
    }

    @Test
    void a_redirection_or_another_status_is_no_answer_and_is_not_followed() {
        responses = number -> "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:" + server.getLocalPort()
                + "/other\r\nContent-Length: 0\r\n\r\n";
        assertThatThrownBy(() -> ask("a")).hasCauseInstanceOf(AuthorizerUnavailableException.class);
        assertThat(bodies).hasSize(1);
        assertThat(questions("invalid")).isEqualTo(1);
    }

    @Test
    void an_answer_that_is_too_long_is_none() {
        responses = number -> response(" ".repeat(512 * 1024) + ANSWER);
        assertThatThrownBy(() -> ask("a")).hasCauseInstanceOf(AuthorizerUnavailableException.class);
        assertThat(bodies).as("not repeated").hasSize(1);
        assertThat(questions("invalid")).isEqualTo(1);
    }

    @Test
    void an_answer_that_does_not_end_is_given_up() {
        try (QuestionClient impatient = new QuestionClient(
                new AuthorizerConfig.Http(
                        URI.create("http://127.0.0.1:" + server.getLocalPort() + "/"),
                        "key of the tests, long",
                        null,
                        Duration.ofMillis(300)),
                new SimpleMeterRegistry(),
                Platform.system())) {
            responses = number -> "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
            assertThatThrownBy(() -> impatient
                            .ask(Question.connect("a", "t"), json -> true)
                            .toCompletableFuture()
                            .join())
                    .hasCauseInstanceOf(AuthorizerUnavailableException.class);
        }
    }
}
