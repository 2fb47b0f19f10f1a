package dev.carillon.node;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.testkit.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A client of numbered events that may stop reading once its stream is open, until it is told to read on. Of the data of an event it keeps
 * the number before the first space; reads on a virtual thread.
 */
final class StallingClient implements AutoCloseable {
    /** Keeps the system from buffering what the client does not read. */
    private static final int STALLED_RECEIVE_BYTES = 1024;

    private static final int RECEIVE_BYTES = 1024 * 1024;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Received events, and notices of missing events, in order. */
    sealed interface Came {
        record Event(int number) implements Came {}

        record Told(int dropped) implements Came {}
    }

    private final Socket socket = new Socket();
    private final CountDownLatch open = new CountDownLatch(1);
    private final CountDownLatch mayReadOn = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final List<Came> came = new ArrayList<>();
    private @Nullable String lastId;

    private StallingClient(int port, String topic, @Nullable String lastEventId, boolean stalls) {
        try {
            if (stalls) {
                socket.setReceiveBufferSize(STALLED_RECEIVE_BYTES);
            } else {
                mayReadOn.countDown();
            }
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Patience.LIMIT_MILLIS);
            String request = "GET /events?topic=" + topic + " HTTP/1.1\r\nHost: localhost\r\n"
                    + (lastEventId == null ? "" : "Last-Event-ID: " + lastEventId + "\r\n") + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::read);
    }

    static StallingClient reading(int port, String topic, @Nullable String lastEventId) {
        return new StallingClient(port, topic, lastEventId, false);
    }

    static StallingClient stalling(int port, String topic) {
        return new StallingClient(port, topic, null, true);
    }

    boolean isOpen() {
        return open.getCount() == 0;
    }

    boolean hasEnded() {
        return ended.getCount() == 0;
    }

    void readOn() {
        try {
            socket.setReceiveBufferSize(RECEIVE_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        mayReadOn.countDown();
    }

    synchronized List<Came> came() {
        return List.copyOf(came);
    }

    List<Integer> numbers() {
        return came().stream()
                .filter(Came.Event.class::isInstance)
                .map(one -> ((Came.Event) one).number())
                .toList();
    }

    int told() {
        return came().stream()
                .mapToInt(one -> one instanceof Came.Told(int dropped) ? dropped : 0)
                .sum();
    }

    synchronized int lastNumber() {
        return !came.isEmpty() && came.getLast() instanceof Came.Event(int number) ? number : -1;
    }

    synchronized @Nullable String lastId() {
        return lastId;
    }

    private void read() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            String id = null;
            String type = "";
            String data = null;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    type = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.isEmpty()) {
                    if (data != null) {
                        event(id, type, data);
                    }
                    id = null;
                    type = "";
                    data = null;
                }
            }
        } catch (IOException e) {
            // Closed by either side.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void event(@Nullable String id, String type, String data) throws IOException, InterruptedException {
        if (type.equals("carillon.open")) {
            open.countDown();
            mayReadOn.await();
            return;
        }
        Came one = type.equals("carillon.gap")
                ? new Came.Told(JSON.readTree(data).path("dropped").asInt())
                : new Came.Event(Integer.parseInt(data.substring(0, data.indexOf(' '))));
        synchronized (this) {
            came.add(one);
            if (id != null) {
                lastId = id;
            }
        }
    }

    @Override
    public void close() {
        mayReadOn.countDown();
        try {
            socket.close();
        } catch (IOException e) {
            // Closing is all that was wanted.
        }
    }
}
