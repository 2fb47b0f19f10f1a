package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests of the command, and its handling of answers that are not from a node. */
class BroadcastCommandIT {
    @SuppressWarnings("NullAway.Init")
    private HttpServer server;

    private final CompletableFuture<String> received = new CompletableFuture<>();
    private int status = 200;
    private String answer = "{\"id\":\"urn:1\"}";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
            received.complete(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + (key == null ? "" : key + " ")
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void every_option_reaches_the_node_and_the_id_is_printed() {
        CommandRun run = broadcast(
                "",
                "--scope",
                "global",
                "--scope",
                "topic:a,b",
                "--type",
                "tick",
                "--id",
                "7",
                "--key",
                "k",
                "--private",
                "--retain",
                "--data",
                "@file");

        assertThat(run).isEqualTo(new CommandRun(0, "urn:1\n", ""));
        assertThat(received.join())
                .isEqualTo("POST /broadcast Bearer some.token {\"scopes\":[\"global\",\"topic:a,b\"],\"type\":\"tick\","
                        + "\"id\":\"7\",\"key\":\"k\",\"private\":true,\"retain\":true,\"data\":\"@file\"}");
    }

    @Test
    void data_comes_from_standard_input_without_its_last_line_end() {
        broadcast("two\nlines, grüße\n", "--scope", "global");

        assertThat(received.join()).endsWith(" {\"scope\":\"global\",\"data\":\"two\\nlines, grüße\"}");
    }

    @Test
    void an_idempotency_key_is_sent_as_the_header_and_refused_by_name() {
        broadcast("", "--scope", "global", "--idempotency-key", "job 7", "--data", "x");
        assertThat(received.join()).startsWith("POST /broadcast Bearer some.token job 7 {");

        CommandRun refused = broadcast("", "--scope", "global", "--idempotency-key", "é", "--data", "x");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("idempotency-key").contains("1 to 255 printable");
    }

    @Test
    void a_problem_is_one_line_with_its_code() {
        status = 403;
        answer = "{\"code\":\"not-granted\",\"title\":\"Not granted\",\"detail\":\"no\\nway\"}";

        assertThat(broadcast("", "--scope", "global"))
                .isEqualTo(new CommandRun(1, "", "carillon: not-granted: no?way (status 403)\n"));
    }

    @Test
    void answer_that_is_not_of_a_node_is_reported() {
        status = 502;
        answer = "<html>Bad gateway</html>";

        assertThat(broadcast("", "--scope", "global"))
                .isEqualTo(new CommandRun(
                        1, "", "carillon: " + url() + "/broadcast answered 502: is it a Carillon node?\n"));
    }

    private CommandRun broadcast(String in, String... args) {
        String[] all = new String[args.length + 1];
        all[0] = "broadcast";
        System.arraycopy(args, 0, all, 1, args.length);
        return CommandRun.of(Map.of("CARILLON_URL", url() + "/", "CARILLON_TOKEN", "some.token"), in, all);
    }

    private String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }
}
