package dev.carillon.junit.pages;

import dev.carillon.junit.CarillonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A browser of one user: its tabs share its cookies, and so its session. Made by {@link TestPages}. Not thread-safe. */
public final class TestBrowser implements AutoCloseable {
    private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(30);

    private final CarillonNode nodes;
    private final @Nullable String token;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL))
            .build();
    private final List<TestTab> tabs = new ArrayList<>();

    TestBrowser(CarillonNode nodes, @Nullable String token) {
        this.nodes = nodes;
        this.token = token;
    }

    /**
     * Opens a page in a new tab, follows redirects, and waits for its stream.
     *
     * @param path with the query, such as {@code /rooms/7?view=small}
     * @throws AssertionError when the answer is no page; {@link #get} is for these
     */
    public TestTab open(String path) {
        return open(path, 0);
    }

    /**
     * As {@link #open(String)}, at one of several nodes.
     *
     * @param node from 0
     */
    public TestTab open(String path, int node) {
        TestTab tab = new TestTab(this, node);
        tabs.add(tab);
        tab.load(path);
        return tab;
    }

    /** Loads a document without a tab, such as one that is refused. Does not follow redirects. */
    public HttpResponse<String> get(String path) {
        return send(request(0, path).header("Accept", "text/html"));
    }

    URI origin(int node) {
        return nodes.url(node);
    }

    /** @param path as in a link of a page; a whole URL of another node is taken to this one */
    HttpRequest.Builder request(int node, String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(origin(node).resolve(path));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return request;
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        HttpRequest built = request.timeout(ANSWERED_WITHIN).build();
        try {
            return http.send(built, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(built.method() + " " + built.uri().getPath() + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** @param lastId of the last event that was received; null: none */
    HttpResponse<InputStream> stream(int node, String url, @Nullable String lastId)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(node, url).header("Accept", "text/event-stream");
        if (lastId != null) {
            request.header("Last-Event-ID", lastId);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    }

    /** Closes its tabs. */
    @Override
    public void close() {
        tabs.forEach(TestTab::close);
        http.shutdownNow();
    }
}
