package dev.carillon.app;

import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A tab that speaks the protocol of Datastar, without a browser. */
final class DatastarTab implements AutoCloseable {
    static final String ACCEPT = "text/event-stream, text/html, application/json";

    private static final Pattern CONTEXT = Pattern.compile("name=\"_context\" value=\"([^\"]+)\"");
    private static final Pattern PAGE = Pattern.compile("name=\"_page\" value=\"([^\"]+)\"");

    private final String base;
    private final HttpResponse<String> page;
    private final String cookie;
    private @Nullable SseClient stream;

    private DatastarTab(String base, HttpResponse<String> page, String cookie) {
        this.base = base;
        this.page = page;
        this.cookie = cookie;
    }

    static DatastarTab load(Node node, String path) {
        return load(node, "", path);
    }

    /** @param base path of the application */
    static DatastarTab load(Node node, String base, String path) {
        HttpResponse<String> page = PageClient.get(node, base + path, null);
        if (page.statusCode() != 200) {
            throw new AssertionError(page.statusCode() + " " + page.body());
        }
        return new DatastarTab(
                base,
                page,
                page.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0]);
    }

    /** The page of a tab, in another browser. */
    DatastarTab in(DatastarTab other) {
        return new DatastarTab(base, page, other.cookie);
    }

    String html() {
        return page.body();
    }

    String policy() {
        return page.headers().firstValue("Content-Security-Policy").orElseThrow();
    }

    private String found(Pattern pattern) {
        Matcher matcher = pattern.matcher(html());
        if (!matcher.find()) {
            throw new AssertionError(html());
        }
        return matcher.group(1);
    }

    String context() {
        return found(CONTEXT);
    }

    /** Opens the stream with the signals in its query, as {@code @get} sends them. */
    DatastarTab open(Node at) {
        SseClient before = stream;
        Map<String, String> headers = new HashMap<>(Map.of("Cookie", cookie, "Datastar-Request", "true"));
        if (before != null) {
            before.close();
            before.all().stream()
                    .map(SseClient.Received::id)
                    .filter(Objects::nonNull)
                    .reduce((first, last) -> last)
                    .ifPresent(id -> headers.put("last-event-id", id));
        }
        String signals = URLEncoder.encode(identity(), StandardCharsets.UTF_8);
        stream = SseClient.open(
                        at.port(), base + "/_pages/stream?context=" + context() + "&datastar=" + signals, headers)
                .opened();
        return this;
    }

    private String identity() {
        return "{\"carillon\":{\"context\":\"" + context() + "\",\"page\":\"" + found(PAGE) + "\"}}";
    }

    /** The data of the events of a type, as {@code datastar-patch-elements}. */
    List<String> events(String type) {
        SseClient open = stream;
        return open == null
                ? List.of()
                : open.all().stream()
                        .filter(event -> type.equals(event.type()))
                        .map(SseClient.Received::data)
                        .toList();
    }

    void receives(String type, String data) {
        await().until(() -> events(type).stream().anyMatch(event -> event.contains(data)));
    }

    /**
     * Posts signals, as {@code @post} does.
     *
     * @param action with the query
     * @param signals members of the JSON object
     */
    HttpResponse<String> post(Node at, String action, String signals) {
        String identity = identity();
        String body = signals.isEmpty() ? identity : "{" + signals + "," + identity.substring(1);
        return send(at, action, "application/json", body, PageClient.origin(at));
    }

    /** Sends the signals in the query, as {@code @get} does. */
    HttpResponse<String> request(Node at, String method, String action) {
        String query = "?datastar=" + URLEncoder.encode(identity(), StandardCharsets.UTF_8);
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + at.port() + base + "/_pages/action/" + action + query))
                .header("Cookie", cookie)
                .header("Accept", ACCEPT)
                .header("Sec-Fetch-Site", "same-origin")
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());
    }

    HttpResponse<String> send(Node at, String action, String type, String body, String origin) {
        return TestCluster.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.port() + base + "/_pages/action/" + action))
                        .header("Cookie", cookie)
                        .header("Accept", ACCEPT)
                        .header("Datastar-Request", "true")
                        .header("Content-Type", type)
                        .header("Origin", origin)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
    }

    @Override
    public void close() {
        SseClient open = stream;
        if (open != null) {
            open.close();
        }
    }
}
