package dev.carillon.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Answers requests one after the other as it is told, and remembers them. */
final class ScriptedServer implements AutoCloseable {
    private final HttpServer server;
    private final List<Answer> answers;
    private final List<Request> requests = new ArrayList<>();

    ScriptedServer(Answer... answers) throws IOException {
        this.answers = List.of(answers);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    /** @param status 0: the connection is closed without an answer */
    record Answer(int status, String body, Map<String, String> headers) {
        static Answer of(int status, String body) {
            return new Answer(status, body, Map.of());
        }

        static Answer none() {
            return of(0, "");
        }

        Answer with(String name, String value) {
            Map<String, String> all = new HashMap<>(headers);
            all.put(name, value);
            return new Answer(status, body, all);
        }
    }

    /** @param at by the clock of {@link System#nanoTime} */
    record Request(String query, Map<String, String> headers, String body, long at) {
        /** Empty if it has none. */
        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), "");
        }

        Duration since(Request earlier) {
            return Duration.ofNanos(at - earlier.at);
        }
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    synchronized List<Request> requests() {
        return List.copyOf(requests);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values.getFirst()));
        requests.add(new Request(
                Objects.requireNonNullElse(exchange.getRequestURI().getRawQuery(), "")
                                .isEmpty()
                        ? ""
                        : java.net.URLDecoder.decode(exchange.getRequestURI().getRawQuery(), StandardCharsets.UTF_8),
                headers,
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8),
                System.nanoTime()));
        Answer answer =
                requests.size() > answers.size() ? Answer.of(410, "no more answers") : answers.get(requests.size() - 1);
        if (answer.status != 0) {
            exchange.getResponseHeaders()
                    .set("Content-Type", answer.status == 200 ? "text/event-stream" : "application/problem+json");
            answer.headers.forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(answer.status, 0);
            exchange.getResponseBody().write(answer.body.getBytes(StandardCharsets.UTF_8));
        }
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
