package dev.carillon.app;

import dev.carillon.node.Node;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An open tab that keeps nothing of its stream but the last content of its view {@code ticks}. */
final class QuietTab implements AutoCloseable {
    private static final Pattern TICKS = Pattern.compile("target=\"ticks\"><template>(\\d+)<");

    private final Socket socket;
    private volatile String ticks = "";
    private final AtomicInteger heartbeats = new AtomicInteger();

    private QuietTab(Socket socket) {
        this.socket = socket;
    }

    static QuietTab open(Node node, String path) {
        PageClient page = PageClient.load(node, path);
        try {
            QuietTab tab = new QuietTab(new Socket(InetAddress.getLoopbackAddress(), node.port()));
            tab.socket
                    .getOutputStream()
                    .write(("GET /_pages/stream?context=" + page.context() + " HTTP/1.1\r\nHost: localhost\r\nCookie: "
                                    + page.cookie() + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            Thread.ofVirtual().start(tab::read);
            return tab;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                Matcher found = TICKS.matcher(line);
                if (found.find()) {
                    ticks = found.group(1);
                } else if (line.startsWith(":")) {
                    heartbeats.incrementAndGet();
                }
            }
        } catch (IOException e) {
            // The end of the test.
        }
    }

    String ticks() {
        return ticks;
    }

    int heartbeats() {
        return heartbeats.get();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
