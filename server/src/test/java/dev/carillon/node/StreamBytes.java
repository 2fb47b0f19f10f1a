package dev.carillon.node;

import dev.carillon.testkit.ChunkedBody;
import dev.carillon.testkit.Patience;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;

/** All bytes that a node sends in answer to a request, as they are. */
public final class StreamBytes implements AutoCloseable {
    private final Socket socket = new Socket();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    private StreamBytes(int port, String target, Map<String, String> headers) {
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Patience.LIMIT_MILLIS);
            StringBuilder request =
                    new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: localhost:" + port + "\r\n");
            headers.forEach((name, value) ->
                    request.append(name).append(": ").append(value).append("\r\n"));
            socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::read);
    }

    /** Returns when the head has arrived. */
    public static StreamBytes open(int port, String target, Map<String, String> headers) {
        StreamBytes stream = new StreamBytes(port, target, headers);
        stream.await("\r\n\r\n");
        return stream;
    }

    private void read() {
        byte[] part = new byte[4096];
        try (InputStream in = socket.getInputStream()) {
            for (int n = in.read(part); n >= 0; n = in.read(part)) {
                synchronized (received) {
                    received.write(part, 0, n);
                }
            }
        } catch (IOException e) {
            // Closed by either side.
        }
    }

    private String all() {
        synchronized (received) {
            return received.toString(StandardCharsets.UTF_8);
        }
    }

    public String head() {
        String all = all();
        return all.substring(0, all.indexOf("\r\n\r\n") + 2);
    }

    /** The available chunks, if the response is chunked. */
    public String body() {
        byte[] all;
        synchronized (received) {
            all = received.toByteArray();
        }
        String head = head();
        InputStream sent = new ByteArrayInputStream(all, head.length() + 2, all.length - head.length() - 2);
        InputStream body = head.contains("Transfer-Encoding: chunked\r\n") ? new ChunkedBody(sent) : sent;
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try {
            body.transferTo(content);
        } catch (EOFException e) {
            // It goes on.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return content.toString(StandardCharsets.UTF_8);
    }

    public void await(String text) {
        Awaitility.await("\"" + text + "\" in what came")
                .pollInterval(Duration.ofMillis(5))
                .until(() -> all().contains("\r\n\r\n") && (head() + "\r\n" + body()).contains(text));
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Closing is all that was wanted.
        }
    }
}
