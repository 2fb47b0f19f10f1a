package dev.carillon.cli.doctor;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Streams of several clients, and a broadcast to them if the token permits it: the checks {@code stream}, {@code compression}, {@code buffering} and {@code
 * nodes}. The first stream is opened as a browser does; its cookies are those of the browser.
 */
final class StreamCheck implements Check {
    static final String STREAM = "stream";
    static final String BUFFERING = "buffering";
    static final String NODES = "nodes";
    static final String UNBUFFERED =
            "the proxy must pass on each part of a response at once (nginx: proxy_buffering off, and no proxy_ignore_headers "
                    + "X-Accel-Buffering; docs/proxies.md); if it does, compare with a node directly";

    private static final String COMPRESSION = "compression";
    private static final String REFUSED =
            "the node drains, is full, has no broker, or a limit of this address is reached: look at its log and docs/limits.md";
    /** Streams without a cookie, each on a connection of its own, besides the first. */
    private static final int OTHERS = 4;

    private final Set<String> clusters;
    private final Set<String> nodes = new TreeSet<>();
    private List<String> cookies = List.of();
    private String firstNode = "";

    /** @param clusters that the health checks have found; filled before this check runs */
    StreamCheck(Set<String> clusters) {
        this.clusters = clusters;
    }

    /** Nodes that had one of the streams. */
    Set<String> nodes() {
        return nodes;
    }

    /** The node of the first stream; empty: none was opened. */
    String firstNode() {
        return firstNode;
    }

    /** {@code Set-Cookie} of the first stream. */
    List<String> cookies() {
        return cookies;
    }

    @Override
    public List<String> names() {
        return List.of(STREAM, COMPRESSION, BUFFERING, NODES);
    }

    @Override
    public String advice() {
        return UNBUFFERED;
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        String topic = probe.name();
        String path = "/events?topic=" + URLEncoder.encode(topic, StandardCharsets.UTF_8);
        List<OpenedStream> opened = new ArrayList<>();
        try {
            Optional<OpenedStream> first = first(probe, path, found);
            if (first.isEmpty()) {
                return;
            }
            opened.add(first.get());
            for (int i = 0; i < OTHERS; i++) {
                Optional<OpenedStream> other = other(probe, path, found);
                if (other.isEmpty()) {
                    return;
                }
                opened.add(other.get());
            }
            opened.forEach(each -> nodes.add(each.node()));
            new BroadcastTrial(probe, path, opened, clusters).run(topic, found);
        } finally {
            opened.forEach(OpenedStream::close);
        }
    }

    private Optional<OpenedStream> first(Probe probe, String path, Consumer<Finding> found)
            throws ProbeException, InterruptedException {
        EventStream stream = probe.asBrowser(path);
        cookies = stream.cookies();
        if (!stream.isEventStream()) {
            stream.close();
            found.accept(Finding.fail(
                    STREAM,
                    "/events is answered with status " + stream.status() + " and "
                            + stream.headers().firstValue("Content-Type").orElse("no type"),
                    "check that the proxy passes /events to the nodes, and the errors in docs/application.md"));
            return Optional.empty();
        }
        Optional<OpenedStream> opened = OpenedStream.of(stream, probe);
        if (opened.isEmpty()) {
            found.accept(silent(probe, stream, STREAM));
            stream.close();
            return opened;
        }
        firstNode = opened.get().node();
        found.accept(Finding.ok(
                STREAM,
                "opened over HTTP/" + (stream.isHttp2() ? "2" : "1.1") + " at node " + firstNode + ", head after "
                        + stream.headMillis() + " ms"));
        found.accept(
                stream.isCompressed()
                        ? Finding.ok(COMPRESSION, "gzip, and each event can be decoded as it arrives")
                        : Finding.warn(
                                COMPRESSION,
                                "the stream is not compressed",
                                "set compression on at the nodes, and let the proxy pass Accept-Encoding on"));
        return opened;
    }

    /** A stream of another client, which accepts no compression. */
    private static Optional<OpenedStream> other(Probe probe, String path, Consumer<Finding> found)
            throws ProbeException, InterruptedException {
        EventStream stream = probe.stream(path, Map.of());
        Optional<OpenedStream> opened = OpenedStream.of(stream, probe);
        if (opened.isEmpty()) {
            found.accept(silent(probe, stream, NODES));
            stream.close();
        }
        return opened;
    }

    /** @param check that fails if the stream has ended */
    private static Finding silent(Probe probe, EventStream stream, String check) throws ProbeException {
        probe.requireTime();
        return stream.hasEnded()
                ? Finding.fail(check, "a stream ended at once: it is refused for the moment", REFUSED)
                : Finding.fail(
                        BUFFERING,
                        "the head of a stream came after " + stream.headMillis()
                                + " ms, and its first event not within "
                                + probe.target().timeout().toMillis() + " ms",
                        UNBUFFERED);
    }
}
