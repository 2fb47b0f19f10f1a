package dev.carillon.cli.dev;

import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A tab without a browser, that opens its stream again when it is told to. */
final class DevTab implements AutoCloseable {
    private static final Pattern CONTEXT = Pattern.compile("name=\"_context\" value=\"([^\"]+)\"");

    private final HttpClient http = HttpClient.newHttpClient();
    private final int port;
    private final String cookie;
    private final String context;
    private final String html;
    private SseClient stream;

    private DevTab(int port, HttpResponse<String> page) {
        this.port = port;
        this.html = page.body();
        this.cookie = page.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
        Matcher found = CONTEXT.matcher(html);
        if (!found.find()) {
            throw new AssertionError(html);
        }
        this.context = found.group(1);
        this.stream = opened();
    }

    static DevTab open(int port, String path) throws IOException, InterruptedException {
        HttpResponse<String> page = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .header("Accept", "text/html")
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        return new DevTab(port, page);
    }

    private SseClient opened() {
        return SseClient.open(port, "/_pages/stream?context=" + context, Map.of("Cookie", cookie))
                .opened();
    }

    String html() {
        return html;
    }

    /** Opens the stream again if it has ended: a node that starts or stops may end it once more. Fails while no node listens. */
    void reconnect() {
        if (stream.hasEnded()) {
            stream.close();
            stream = opened();
        }
    }

    boolean hasEnded() {
        return stream.hasEnded();
    }

    /** All that the stream has carried. */
    String received() {
        return String.join("\n", stream.data());
    }

    List<String> events() {
        return stream.data();
    }

    HttpResponse<String> act(String action, String fields) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/_pages/action/" + action))
                        .header("Cookie", cookie)
                        .header("Accept", "text/vnd.turbo-stream.html")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("_context=" + context + "&_page=/shop" + fields))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    String get(String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .header("Cookie", cookie)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Override
    public void close() {
        stream.close();
        http.close();
    }
}
