package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are not those of a healthy node. */
class ReadingTest {
    private static final URI DEAD = URI.create("http://127.0.0.1:1");

    private HttpServer server;
    private String body = "";
    private int status = 200;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            boolean unavailable = exchange.getRequestURI().getPath().startsWith("/unavailable/");
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(unavailable ? 503 : status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI address(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<html>be patient</html>",
                "",
                "[]",
                "{}",
                "{\"events\":[]}",
                "{\"last\":\"cursor:1\"}",
                "{\"events\":[1],\"last\":\"cursor:1\"}",
                "{\"events\":[],\"last\":\"cursor:1\""
            })
    void answer_that_is_not_one_of_a_node_is_an_error_and_not_an_empty_page(String answer) {
        body = answer;
        try (CarillonClient client = CarillonClient.builder(address("/")).build()) {
            assertThat(catchThrowableOfType(ClientException.class, () -> client.history(List.of("topic:a"), "", 10))
                            .code())
                    .isEqualTo(ClientException.INVALID_ANSWER);
            assertThat(catchThrowableOfType(ClientException.class, () -> client.position("topic:a"))
                            .isTemporary())
                    .isTrue();
        }
    }

    @Test
    void data_may_be_as_deep_as_a_node_takes_it() throws Exception {
        String deep = "[".repeat(100) + "]".repeat(100);
        body = "{\"events\":[{\"id\":\"1\",\"data\":" + deep + ",\"scopes\":[]}],\"last\":\"cursor:1\"}";
        try (CarillonClient client = CarillonClient.builder(address("/")).build()) {
            assertThat(client.history(List.of("topic:a"), "", 10)
                            .events()
                            .getFirst()
                            .data())
                    .isEqualTo(deep);
        }
    }

    @Test
    void reads_leave_a_node_that_is_dead_or_unavailable() throws Exception {
        body = "{\"cursor\":\"cursor:1\"}";
        try (CarillonClient client = CarillonClient.builder(DEAD, address("/unavailable/"), address("/"))
                .build()) {
            assertThat(catchThrowableOfType(ClientException.class, () -> client.position("topic:a"))
                            .status())
                    .as("once each time")
                    .isEqualTo(503);
            assertThat(client.position("topic:a")).isEqualTo("cursor:1");
            assertThat(client.position("topic:a")).isEqualTo("cursor:1");
        }
    }
}
