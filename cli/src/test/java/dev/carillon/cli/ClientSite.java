package dev.carillon.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.carillon.testkit.NpmPackages;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Objects;

/** An application beside the hub, on an origin of its own: one page, with the polyfill. */
final class ClientSite implements AutoCloseable {
    private static final String PAGE = """
            <!doctype html>
            <link rel="icon" href="data:,">
            <script src="/polyfill.js"></script>
            <script src="/subscriber.js"></script>
            """;

    private final HttpServer server;

    ClientSite() {
        try {
            byte[] polyfill = Files.readAllBytes(
                    NpmPackages.directory().resolve("node_modules/event-source-polyfill/src/eventsource.min.js"));
            byte[] subscriber = resource("/hub-clients/subscriber.js");
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", x -> answer(x, "text/html", PAGE.getBytes(StandardCharsets.UTF_8)));
            server.createContext("/polyfill.js", x -> answer(x, "text/javascript", polyfill));
            server.createContext("/subscriber.js", x -> answer(x, "text/javascript", subscriber));
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, String type, byte[] body) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(ClientSite.class.getResourceAsStream(name))) {
            return in.readAllBytes();
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
