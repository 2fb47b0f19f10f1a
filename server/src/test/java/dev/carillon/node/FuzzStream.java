package dev.carillon.node;

import dev.carillon.mercure.MercureHub;
import dev.carillon.testkit.ChunkedBody;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Subscribes to everything, and reads whether each line is one that the hub wrote as a line. */
final class FuzzStream {
    private static final List<String> FIELDS = List.of("event: ", "retry: ", "data: ");

    private final int port;
    private volatile @Nullable String malformed;
    private final AtomicLong events = new AtomicLong();

    FuzzStream(int port) {
        this.port = port;
        Thread.ofVirtual().start(this::readAlways);
    }

    /** A stream may end, as one that is read too slowly does; then the next begins. */
    @SuppressWarnings("InfiniteLoop")
    private void readAlways() {
        while (malformed == null) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                read(socket);
            } catch (IOException e) {
                // Its end.
            }
        }
    }

    private void read(Socket socket) throws IOException {
        socket.getOutputStream()
                .write(("GET " + MercureHub.PATH + "?topic=* HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                                + FuzzRequests.GOOD_TOKEN + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        InputStream in = new BufferedInputStream(socket.getInputStream());
        skipHead(in);
        BufferedReader lines = new BufferedReader(new InputStreamReader(new ChunkedBody(in), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("id: ")) {
                events.incrementAndGet();
            } else if (!line.isEmpty() && !line.equals(":") && FIELDS.stream().noneMatch(line::startsWith)) {
                malformed = line;
                return;
            }
        }
    }

    private static void skipHead(InputStream in) throws IOException {
        int lineLength = -1;
        for (int c = in.read(); c >= 0 && !(c == '\n' && lineLength == 0); c = in.read()) {
            lineLength = c == '\n' ? 0 : c == '\r' ? lineLength : lineLength + 1;
        }
    }

    long events() {
        return events.get();
    }

    void requireWellFormed() {
        if (malformed != null) {
            throw new AssertionError("a line of a stream is malformed: " + malformed);
        }
    }
}
