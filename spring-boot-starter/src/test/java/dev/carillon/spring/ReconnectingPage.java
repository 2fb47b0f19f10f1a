package dev.carillon.spring;

import dev.carillon.testkit.SseClient;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A page whose {@code EventSource} reconnects with the id of its last event. */
final class ReconnectingPage implements AutoCloseable {
    /** Shorter than that of browsers, so that the page misses less time. */
    private static final long RETRY_NANOS = 50_000_000;

    private final int port;
    private final String path;
    private final List<String> data = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private String lastEventId = "";
    private volatile SseClient stream;
    private volatile boolean closed;
    private int streams;

    ReconnectingPage(int port, String path) {
        this.port = port;
        this.path = path;
        this.stream = open();
        Thread.ofVirtual().start(this::run);
    }

    private SseClient open() {
        return SseClient.open(port, path, lastEventId.isEmpty() ? Map.of() : Map.of("Last-Event-ID", lastEventId));
    }

    private void run() {
        int seen = 0;
        while (!closed) {
            boolean ended = stream.hasEnded();
            List<SseClient.Received> all = stream.all();
            all.subList(seen, all.size()).forEach(this::take);
            seen = all.size();
            LockSupport.parkNanos(RETRY_NANOS);
            if (ended && !closed) {
                seen = 0;
                try {
                    stream = open();
                } catch (UncheckedIOException | AssertionError e) {
                    // As a browser, it tries again.
                }
            }
        }
    }

    private synchronized void take(SseClient.Received event) {
        String id = event.id();
        if (id != null) {
            lastEventId = id;
        }
        String type = event.type();
        if (type != null && type.startsWith("carillon.")) {
            streams += type.equals("carillon.open") ? 1 : 0;
            notices.add(type + " " + event.data());
        } else {
            data.add(event.data());
        }
    }

    synchronized List<String> data() {
        return List.copyOf(data);
    }

    synchronized int received() {
        return data.size();
    }

    synchronized List<String> notices() {
        return List.copyOf(notices);
    }

    synchronized int streams() {
        return streams;
    }

    @Override
    public void close() {
        closed = true;
        stream.close();
    }
}
