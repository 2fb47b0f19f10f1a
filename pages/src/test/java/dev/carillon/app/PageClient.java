package dev.carillon.app;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A tab without a browser: loads a page, follows its stream, and runs its actions as the script does. */
final class PageClient implements AutoCloseable {
    static final String TURBO = "text/vnd.turbo-stream.html, text/html, application/xhtml+xml";

    private static final Pattern CONTEXT = Pattern.compile("name=\"_context\" value=\"([^\"]+)\"");
    private static final Pattern PAGE = Pattern.compile("name=\"_page\" value=\"([^\"]+)\"");
    private static final Pattern PATCH =
            Pattern.compile("target=\"([^\"]+)\"><template>(.*?)</template></turbo-stream>", Pattern.DOTALL);

    private final Node node;
    private final String base;
    private final String html;
    private final String cookie;
    private final String context;
    private @Nullable SseClient stream;

    private PageClient(Node node, String base, HttpResponse<String> page, @Nullable String cookie) {
        this(
                node,
                base,
                page.body(),
                cookie == null
                        ? page.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0]
                        : cookie);
    }

    private PageClient(Node node, String base, String html, String cookie) {
        this.node = node;
        this.base = base;
        this.html = html;
        this.cookie = cookie;
        this.context = contextOf(html);
    }

    static String contextOf(String html) {
        Matcher found = CONTEXT.matcher(html);
        if (!found.find()) {
            throw new AssertionError("not a page: " + html);
        }
        return found.group(1);
    }

    static PageClient load(Node node, String path) {
        return load(node, "", path, null);
    }

    /** @param cookie of the session; null: a new one */
    static PageClient load(Node node, String base, String path, @Nullable String cookie) {
        HttpResponse<String> page = get(node, base + path, cookie);
        if (page.statusCode() != 200) {
            throw new AssertionError(page.statusCode() + " " + page.body());
        }
        return new PageClient(node, base, page, cookie);
    }

    /** The same page without its stream, as a browser that lost it. */
    static PageClient again(PageClient other) {
        return new PageClient(other.node, other.base, other.html, other.cookie);
    }

    /** This browser, with the context of another one. */
    PageClient withContext(String other) {
        return new PageClient(node, base, html.replace(context, other), cookie);
    }

    static HttpResponse<String> get(Node node, String path, @Nullable String cookie) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(node, path)).header("Accept", "text/html");
        if (cookie != null) {
            request.header("Cookie", cookie);
        }
        return TestCluster.send(request.build());
    }

    private static URI uri(Node node, String path) {
        return URI.create("http://127.0.0.1:" + node.port() + path);
    }

    String html() {
        return html;
    }

    String context() {
        return context;
    }

    String cookie() {
        return cookie;
    }

    /** Opens the stream and waits until it is open. */
    PageClient open() {
        return open(node);
    }

    PageClient open(Node at) {
        Map<String, String> headers = new HashMap<>(Map.of("Cookie", cookie));
        SseClient before = stream;
        if (before != null) {
            // As browsers do.
            before.all().stream()
                    .map(SseClient.Received::id)
                    .filter(Objects::nonNull)
                    .reduce((first, last) -> last)
                    .ifPresent(id -> headers.put("Last-Event-ID", id));
        }
        stream = SseClient.open(at.port(), base + "/_pages/stream?context=" + context, headers)
                .opened();
        return this;
    }

    SseClient stream() {
        SseClient open = stream;
        if (open == null) {
            throw new AssertionError("the stream is not open");
        }
        return open;
    }

    /** The patches so far, one element for each event. */
    List<String> patches() {
        return stream().all().stream()
                .filter(event -> event.data() != null && event.data().startsWith("<turbo-stream"))
                .map(SseClient.Received::data)
                .toList();
    }

    /** What the tab shows in a view: that of the last patch. Null: the page has not been patched there. */
    @Nullable
    String shown(String view) {
        Map<String, String> shown = new HashMap<>();
        for (String patch : patches()) {
            PATCH.matcher(patch).results().forEach(match -> shown.put(match.group(1), match.group(2)));
        }
        return shown.get(view);
    }

    /** Runs an action as the script does; the answer removes an earlier message. */
    void act(String action, String... fields) {
        HttpResponse<String> answer = post(node, action, Map.of("Accept", TURBO, "Origin", origin(node)), fields);
        if (answer.statusCode() != 200
                || !answer.body().contains("target=\"carillon-message\"><template></template>")) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
    }

    static String origin(Node node) {
        return "http://127.0.0.1:" + node.port();
    }

    HttpResponse<String> post(Node at, String action, Map<String, String> headers, String... fields) {
        Matcher path = PAGE.matcher(html);
        List<String> all = new ArrayList<>(List.of(fields));
        if (path.find()) {
            all.addAll(List.of("_page", path.group(1)));
        }
        return post(at, base, context, cookie, action, headers, all.toArray(String[]::new));
    }

    /** @param fields names and values */
    static HttpResponse<String> post(
            Node at,
            String base,
            String context,
            String cookie,
            String action,
            Map<String, String> headers,
            String... fields) {
        StringBuilder body = new StringBuilder("_context=" + encode(context));
        for (int i = 0; i < fields.length; i += 2) {
            body.append('&').append(encode(fields[i])).append('=').append(encode(fields[i + 1]));
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(at, base + "/_pages/action/" + action))
                .header("Cookie", cookie)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        if (!headers.containsKey("Content-Type")) {
            request.header("Content-Type", "application/x-www-form-urlencoded");
        }
        headers.forEach(request::header);
        return TestCluster.send(request.build());
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        SseClient open = stream;
        if (open != null) {
            open.close();
        }
    }
}
