package dev.carillon.lab.sticky;

import dev.carillon.lab.LabException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A browser's tab: it has loaded a page, keeps its session cookie, and posts the form of the page. For one thread. */
final class SimulatedTab {
    private static final Pattern HIDDEN =
            Pattern.compile("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\">");
    private static final Pattern COUNT = Pattern.compile("<output>(\\d+)</output>");
    private static final String CONTEXT = "_context";
    /** Names one submission of the form. */
    private static final String ID = "_id";

    private static final int ID_BYTES = 16;
    private static final String PATCHES = "text/vnd.turbo-stream.html, text/html, application/xhtml+xml";
    /** The answer to an action that has ended: it removes an earlier message. */
    private static final String DONE = "target=\"carillon-message\"><template></template>";

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final HttpClient http;
    private final String base;
    private final String cookie;
    private final Map<String, String> form;

    private SimulatedTab(HttpClient http, String base, String cookie, Map<String, String> form) {
        this.http = http;
        this.base = base;
        this.cookie = cookie;
        this.form = form;
    }

    /** Loads the page at a node, whose tab it then is. */
    static SimulatedTab open(HttpClient http, int port, String base) throws IOException, InterruptedException {
        HttpResponse<String> page =
                http.send(get(port, base + StickyApps.PAGE).build(), HttpResponse.BodyHandlers.ofString());
        String cookie = page.headers().firstValue("Set-Cookie").orElse("").split(";", 2)[0];
        Map<String, String> form = new LinkedHashMap<>();
        HIDDEN.matcher(page.body()).results().forEach(field -> form.put(field.group(1), field.group(2)));
        if (page.statusCode() != 200 || cookie.isEmpty() || !form.containsKey(CONTEXT)) {
            throw LabException.failed(
                    "the node at port " + port + " did not answer with a page: status " + page.statusCode());
        }
        return new SimulatedTab(http, base, cookie, form);
    }

    /** Runs the action by a node; whether the answer is right. */
    boolean act(int port) throws IOException, InterruptedException {
        if (form.containsKey(ID)) {
            form.put(ID, newId());
        }
        String body = form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        String origin = "http://127.0.0.1:" + port;
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(URI.create(origin + base + "/_pages/action/" + StickyApps.ACTION))
                        .timeout(TIMEOUT)
                        .header("Accept", PATCHES)
                        .header("Origin", origin)
                        .header("Cookie", cookie)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() == 200 && answer.body().contains(DONE);
    }

    /** The count that the tab shows when it is loaded again; -1: it is another tab then. */
    long count(int port) throws IOException, InterruptedException {
        String context = form.getOrDefault(CONTEXT, "");
        HttpResponse<String> page = http.send(
                get(port, base + StickyApps.PAGE + "?context=" + context)
                        .header("Cookie", cookie)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        Matcher count = COUNT.matcher(page.body());
        return page.body().contains(context) && count.find() ? Long.parseLong(count.group(1)) : -1;
    }

    private static HttpRequest.Builder get(int port, String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                .timeout(TIMEOUT)
                .header("Accept", "text/html");
    }

    private static String newId() {
        byte[] bytes = new byte[ID_BYTES];
        ThreadLocalRandom.current().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
