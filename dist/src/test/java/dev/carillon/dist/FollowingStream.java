package dev.carillon.dist;

import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.SseClient;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A client that does what a browser does: it connects again when its stream ends, and resumes after the last event that it received. */
final class FollowingStream implements AutoCloseable {
    private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final InetSocketAddress server;
    private final String target;
    private final Map<String, String> headers;
    private final List<SseClient> streams = new ArrayList<>();
    private volatile boolean closed;

    FollowingStream(InetSocketAddress server, String target, Map<String, String> headers) {
        this.server = server;
        this.target = target;
        this.headers = headers;
        streams.add(SseClient.open(server, target, headers));
        Thread _ = Thread.ofVirtual().name("follow").start(this::follow);
        await().until(() -> types().contains("carillon.open"));
    }

    private void follow() {
        while (!closed) {
            LockSupport.parkNanos(DELAY_NANOS);
            if (current().hasEnded()) {
                reconnect();
            }
        }
    }

    private void reconnect() {
        Map<String, String> resumed = new HashMap<>(headers);
        all().stream()
                .map(SseClient.Received::id)
                .filter(Objects::nonNull)
                .reduce((a, b) -> b)
                .ifPresent(id -> resumed.put("Last-Event-ID", id));
        try {
            SseClient next = SseClient.open(server, target, resumed);
            synchronized (this) {
                streams.add(next);
            }
        } catch (UncheckedIOException | AssertionError e) {
            // Not connected, or no answer: the next attempt follows.
        }
    }

    /** The stream that is open, or that ended last. */
    synchronized SseClient current() {
        return streams.getLast();
    }

    private synchronized List<SseClient.Received> all() {
        return streams.stream().flatMap(stream -> stream.all().stream()).toList();
    }

    /** Data of the events of all its streams, except the nodes' own. */
    synchronized List<String> data() {
        return streams.stream().flatMap(stream -> stream.data().stream()).toList();
    }

    /** The node that its last stream was opened at. */
    String node() {
        return all().stream()
                .filter(event -> "carillon.open".equals(event.type()))
                .reduce((a, b) -> b)
                .map(event -> event.data().replaceAll("(?s).*\"node\":\"([^\"]*)\".*", "$1"))
                .orElseThrow();
    }

    List<String> types() {
        return all().stream().map(event -> String.valueOf(event.type())).toList();
    }

    /** Its streams in turn: the answer, the node that the proxy chose, the events. For messages of failed tests. */
    @Override
    public synchronized String toString() {
        StringBuilder text = new StringBuilder();
        for (SseClient stream : streams) {
            List<String> data = stream.data();
            text.append(stream.status())
                    .append(", ")
                    .append(stream.header("Set-Cookie"))
                    .append(stream.hasEnded() ? ", ended after " : ", open, ")
                    .append(stream.all().size())
                    .append(" events, ");
            if (!data.isEmpty()) {
                text.append(data.getFirst()).append(" to ").append(data.getLast());
            }
            text.append('\n');
        }
        return text.toString();
    }

    @Override
    public void close() {
        closed = true;
        current().close();
    }
}
