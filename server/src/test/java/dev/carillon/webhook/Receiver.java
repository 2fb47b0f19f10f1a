package dev.carillon.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/** An application that receives webhooks. */
public final class Receiver implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    /** Sends the response to a request; may block. */
    public interface Answer {
        void send(HttpExchange exchange) throws IOException;
    }

    /** A request, whatever its answer was. */
    public record Request(String signature, String contentType, String body) {
        JsonNode events() {
            try {
                return JSON.readTree(body).path("events");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final HttpServer server;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Answer answer = status(204);

    public Receiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/hook", exchange -> {
            try (exchange) {
                requests.add(new Request(
                        String.valueOf(exchange.getRequestHeaders().getFirst("Carillon-Signature")),
                        String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type")),
                        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
                answer.send(exchange);
            }
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    public static Answer status(int status) {
        return exchange -> exchange.sendResponseHeaders(status, -1);
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook");
    }

    public void answer(Answer value) {
        answer = value;
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /** Each change once, in the order of the first request that had it, as an application uses them. */
    public List<JsonNode> changes() {
        Map<String, JsonNode> changes = new LinkedHashMap<>();
        requests.forEach(request -> request.events()
                .forEach(event -> changes.putIfAbsent(event.path("id").asText(), event)));
        return new ArrayList<>(changes.values());
    }

    /** Type and user of each change. */
    public List<String> texts() {
        return changes().stream()
                .map(change -> (change.path("type").asText() + " "
                                + change.path("user").asText(""))
                        .strip())
                .toList();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
