package dev.carillon.broker.nats;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends the greeting of a nats-server and answers pings: for releases and settings that are not available. */
final class FakeServer implements AutoCloseable {
    private final ServerSocket server;
    private final String info;
    private final AtomicInteger connections = new AtomicInteger();
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();

    FakeServer(String version, boolean jetStream) {
        this(version, jetStream, "");
    }

    /** @param more further fields of its greeting, each with a leading comma */
    FakeServer(String version, boolean jetStream, String more) {
        try {
            server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        info = "INFO {\"server_id\":\"FAKE\",\"version\":\"" + version
                + "\",\"proto\":1,\"headers\":true,\"max_payload\":1048576" + ",\"jetstream\":" + jetStream + more
                + "}\r\n";
        Thread.ofVirtual().start(this::accept);
    }

    String address() {
        return "nats://127.0.0.1:" + server.getLocalPort();
    }

    int port() {
        return server.getLocalPort();
    }

    /** Number of accepted connections. */
    int connections() {
        return connections.get();
    }

    /** The lines of all clients. */
    Queue<String> lines() {
        return lines;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                connections.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.getOutputStream().write(info.getBytes(StandardCharsets.UTF_8));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            String line;
            while ((line = in.readLine()) != null) {
                lines.add(line);
                if (line.equals("PING")) {
                    client.getOutputStream().write("PONG\r\n".getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // The client disconnected.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
