package dev.carillon.lab.soak;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The application behind the node: it answers the questions about tickets of the form {@code ticket-USER}, which may read everything, and receives the
 * webhooks.
 */
final class SoakApplication implements AutoCloseable {
    /** What a token has to begin with to be a ticket. */
    static final String TICKET = "ticket-";

    private static final JsonMapper JSON = new JsonMapper();

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;
    private final AtomicLong questions = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();

    SoakApplication() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/authorize", this::authorize);
        server.createContext("/hook", this::hook);
        server.setExecutor(threads);
        server.start();
    }

    String authorizerUrl() {
        return url("/authorize");
    }

    String webhookUrl() {
        return url("/hook");
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    /** Questions that were answered. */
    long questions() {
        return questions.get();
    }

    /** Changes of presence that arrived, repeated ones too. */
    long changes() {
        return changes.get();
    }

    private void authorize(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode question = JSON.readTree(exchange.getRequestBody());
            ObjectNode answer = JSON.createObjectNode().put("allow", true);
            String token = question.path("token").asText();
            boolean isAboutToken = !question.path("question").asText().equals("read");
            if (token.startsWith(TICKET)) {
                answer.put("user", token.substring(TICKET.length())).put("token_id", token);
                answer.putArray("ask").add("read");
            } else if (isAboutToken) {
                answer.put("allow", false).put("reason", "unknown ticket");
            }
            byte[] body = JSON.writeValueAsBytes(answer);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            questions.incrementAndGet();
        }
    }

    private void hook(HttpExchange exchange) throws IOException {
        try (exchange) {
            changes.addAndGet(
                    JSON.readTree(exchange.getRequestBody()).path("events").size());
            exchange.sendResponseHeaders(204, -1);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
