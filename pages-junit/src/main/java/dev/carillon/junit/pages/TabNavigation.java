package dev.carillon.junit.pages;

import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a tab gets to, by links and redirects. */
final class TabNavigation {
    private static final int MAX_REDIRECTS = 10;
    private static final String LEAVE = "/_pages/leave?to=";

    private final TestBrowser browser;

    TabNavigation(TestBrowser browser) {
        this.browser = browser;
    }

    /**
     * A place.
     *
     * @param document null: the place is on another site
     * @param location path and query; on another site its URL
     */
    record Arrival(@Nullable TabDocument document, String location) {}

    /** Loads a page, as a link does. */
    Arrival load(int node, String url) {
        URI target = browser.origin(node).resolve(url);
        return isForeign(node, target) ? new Arrival(null, url) : follow(node, path(target), get(node, path(target)));
    }

    private HttpResponse<String> get(int node, String path) {
        return browser.send(browser.request(node, path).header("Accept", "text/html"));
    }

    /**
     * Follows the redirects of an answer.
     *
     * @param path of its request
     * @throws AssertionError when they lead to no live page of this site
     */
    Arrival follow(int node, String path, HttpResponse<String> first) {
        String at = path;
        HttpResponse<String> answer = first;
        for (int i = 0; answer.statusCode() == 303 || answer.statusCode() == 302; i++) {
            if (i == MAX_REDIRECTS) {
                throw new AssertionError(path + ": more than " + MAX_REDIRECTS + " redirects");
            }
            String target = answer.headers().firstValue("Location").orElseThrow();
            if (target.contains(LEAVE)) {
                String query = target.substring(target.indexOf(LEAVE) + LEAVE.length());
                return new Arrival(null, URLDecoder.decode(query, StandardCharsets.UTF_8));
            }
            URI next = browser.origin(node).resolve(at).resolve(target);
            if (isForeign(node, next)) {
                return new Arrival(null, next.toString());
            }
            at = path(next);
            answer = get(node, at);
        }
        TabDocument loaded = new TabDocument(answer.body());
        if (answer.statusCode() != 200 || !loaded.isLive()) {
            throw new AssertionError(at + ": the answer is no live page but " + answer.statusCode() + " "
                    + TestTab.shortened(loaded.document().text()));
        }
        return new Arrival(loaded, at);
    }

    private boolean isForeign(int node, URI target) {
        return !Objects.equals(target.getAuthority(), browser.origin(node).getAuthority());
    }

    private static String path(URI url) {
        return url.getRawPath() + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
    }
}
