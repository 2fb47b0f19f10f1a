package dev.carillon.node;

import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Nodes whose answers are checked against the description, and which of the described ones were seen. */
final class OpenApiNodes implements AutoCloseable {
    private final Set<String> seen = new TreeSet<>();
    private final List<AutoCloseable> opened = new ArrayList<>();

    /** Method, path template and status of every answer so far; HEAD counts as GET. */
    Set<String> seen() {
        return seen;
    }

    Node node(String name, Map<String, String> settings) {
        return own(Node.builder(TestCluster.config("n-" + name, "memory://openapi-" + name, settings))
                .start());
    }

    /** @param request as {@link RightsRequest#of} parses it */
    OpenApi.Answer ask(Node at, String request, Map<String, String> headers) throws IOException {
        RightsRequest parsed = RightsRequest.of(request);
        RightsRequest.Answer answer = parsed.ask(at.port(), headers);
        OpenApi.Answer checked = OpenApi.Answer.of(answer.head(), answer.body());
        OpenApi.check(parsed.method(), parsed.target(), checked);
        String method = parsed.method().equals("HEAD") ? "GET" : parsed.method();
        OpenApi.template(parsed.target()).ifPresent(path -> seen.add(method + " " + path + " " + checked.status()));
        return checked;
    }

    /** Opens a stream until the end of the test; if it is refused, asks again to check the answer. */
    void hold(Node at, String target) throws IOException {
        if (!own(SseClient.open(at.port(), target)).status().contains(" 200 ")) {
            OpenApi.Answer _ = ask(at, "GET " + target, Map.of());
        }
    }

    /** Drains a node until the result is closed. */
    static AutoCloseable drain(Node node) {
        Thread draining = Thread.startVirtualThread(() -> {
            try {
                node.drain();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return draining::interrupt;
    }

    <T extends AutoCloseable> T own(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    static Map<String, String> with(Map<String, String> headers, String name, String value) {
        Map<String, String> all = new HashMap<>(headers);
        all.put(name, value);
        return all;
    }

    @Override
    public void close() {
        for (AutoCloseable each : opened.reversed()) {
            try {
                each.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }
}
