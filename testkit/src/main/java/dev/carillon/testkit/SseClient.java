package dev.carillon.testkit;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** An event-stream client over a plain socket, so that a test sees every byte. Reads on a virtual thread. */
public final class SseClient implements AutoCloseable {
    /** A received event. */
    public record Received(
            @Nullable String id,
            @Nullable String type,
            String data,
            @Nullable String retry) {}

    private final Socket socket = new Socket();
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final List<Received> events = new ArrayList<>();
    private final CountDownLatch head = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private String status = "";
    private volatile boolean cutOff;
    private int comments;
    private @Nullable String lastRetry;

    private SseClient(InetSocketAddress server, String target, Map<String, String> requestHeaders) {
        try {
            socket.connect(server, Patience.LIMIT_MILLIS);
            String host = server.getAddress().isLoopbackAddress() ? "localhost" : server.getHostString();
            StringBuilder request =
                    new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: " + host + ":" + server.getPort() + "\r\n");
            requestHeaders.forEach((name, value) ->
                    request.append(name).append(": ").append(value).append("\r\n"));
            socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::read);
    }

    public static SseClient open(int port, String target) {
        return open(port, target, Map.of());
    }

    /** Blocks until the head of the response is received. */
    public static SseClient open(int port, String target, Map<String, String> headers) {
        return open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), target, headers);
    }

    /** As the other, from a server on another host. */
    public static SseClient open(InetSocketAddress server, String target, Map<String, String> headers) {
        SseClient client = new SseClient(server, target, headers);
        try {
            if (!client.head.await(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("no response to " + target);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return client;
    }

    /** Waits for {@code carillon.open}, after which the client receives every broadcast. */
    public SseClient opened() {
        await(1);
        return this;
    }

    public synchronized String status() {
        return status;
    }

    public synchronized @Nullable String header(String name) {
        return headers.get(name.toLowerCase(java.util.Locale.ROOT));
    }

    /** All events, beginning with {@code carillon.open}. */
    public synchronized List<Received> all() {
        return List.copyOf(events);
    }

    /** Data of all events except the node's own ({@code carillon.…}). */
    public List<String> data() {
        return all().stream()
                .filter(e -> e.type() == null || !e.type().startsWith("carillon."))
                .map(Received::data)
                .toList();
    }

    public synchronized int comments() {
        return comments;
    }

    /** Value of the last {@code retry} field, in milliseconds. */
    public synchronized @Nullable String lastRetry() {
        return lastRetry;
    }

    /** Waits until the node has accepted or refused the stream, and returns whether it was accepted. A refused stream may say why in an event. */
    public boolean accepted() {
        Awaitility.await().until(() -> hasEnded() || hasOpened());
        return hasOpened();
    }

    private boolean hasOpened() {
        return all().stream().anyMatch(event -> "carillon.open".equals(event.type()));
    }

    public boolean hasEnded() {
        return ended.getCount() == 0;
    }

    /** Whether the body was truncated. */
    public boolean wasCutOff() {
        return cutOff;
    }

    /** A member of the data of {@code carillon.open}. */
    public String opening(String member) {
        try {
            return new ObjectMapper()
                    .readTree(all().getFirst().data())
                    .path(member)
                    .asText();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public void await(int events) {
        if (all().size() >= events) {
            // Each Awaitility wait needs a thread: too slow for a test with a thousand clients.
            return;
        }
        Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> all().size() >= events || hasEnded());
        if (all().size() < events) {
            throw endedEarly();
        }
    }

    public void awaitData(String data) {
        Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> data().contains(data) || hasEnded());
        if (!data().contains(data)) {
            throw endedEarly();
        }
    }

    private AssertionError endedEarly() {
        List<Received> all = all();
        return new AssertionError("the stream ended after " + all.size() + " events, the last of which are "
                + all.subList(Math.max(0, all.size() - 5), all.size()));
    }

    private void read() {
        try (InputStream in = new BufferedInputStream(socket.getInputStream())) {
            synchronized (this) {
                status = headLine(in);
            }
            String line = headLine(in);
            while (!line.isEmpty()) {
                int colon = line.indexOf(':');
                synchronized (this) {
                    headers.merge(
                            line.substring(0, colon).toLowerCase(java.util.Locale.ROOT),
                            line.substring(colon + 1).strip(),
                            (a, b) -> a + "\n" + b);
                }
                line = headLine(in);
            }
            head.countDown();
            InputStream content = "chunked".equals(header("Transfer-Encoding")) ? new ChunkedBody(in) : in;
            InputStream body = "gzip".equals(header("Content-Encoding")) ? inflated(content) : content;
            events(new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8)));
        } catch (EOFException e) {
            cutOff = true;
        } catch (IOException e) {
            // Closed by either side.
        } finally {
            head.countDown();
            ended.countDown();
        }
    }

    /** GZIPInputStream may report available bytes when there are none; a reader would block on them. */
    private static InputStream inflated(InputStream in) throws IOException {
        return new FilterInputStream(new GZIPInputStream(in)) {
            @Override
            public int available() {
                return 0;
            }
        };
    }

    /** Reads a line without its end, byte by byte, because the body after the head may be binary. */
    private static String headLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }

    private void events(BufferedReader reader) throws IOException {
        String id = null;
        String type = null;
        String retry = null;
        StringBuilder data = new StringBuilder();
        boolean any = false;
        String line = reader.readLine();
        while (line != null) {
            if (line.isEmpty()) {
                // A block with only a retry field is no event.
                if (any) {
                    synchronized (this) {
                        events.add(new Received(id, type, data.toString(), retry));
                    }
                }
                id = null;
                type = null;
                retry = null;
                any = false;
                data.setLength(0);
            } else if (line.startsWith(":")) {
                synchronized (this) {
                    comments++;
                }
            } else if (line.startsWith("id:")) {
                id = value(line);
            } else if (line.startsWith("event:")) {
                type = value(line);
            } else if (line.startsWith("retry:")) {
                retry = value(line);
                synchronized (this) {
                    lastRetry = retry;
                }
            } else if (line.startsWith("data:")) {
                data.append(any ? "\n" : "").append(value(line));
                any = true;
            }
            line = reader.readLine();
        }
    }

    /** Of a field; one blank after the colon does not belong to it. */
    private static String value(String line) {
        String value = line.substring(line.indexOf(':') + 1);
        return value.startsWith(" ") ? value.substring(1) : value;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed either way.
        }
    }
}
