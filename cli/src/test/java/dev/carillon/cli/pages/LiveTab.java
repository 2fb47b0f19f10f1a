package dev.carillon.cli.pages;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A browser's tab without the browser: it has loaded the page by the proxy, keeps cookies, opens its stream again as an EventSource does, and sends an action that
 * was not answered again as the script of the page does.
 */
final class LiveTab implements AutoCloseable {
    private static final Pattern HIDDEN =
            Pattern.compile("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\">");
    private static final Pattern SHOWN = Pattern.compile("<output id=\"(?:shown|total)\">(\\d+)</output>");
    private static final Pattern CONTEXT = Pattern.compile("\"context\":\"([^\"]+)\"");
    private static final String DONE = "target=\"carillon-message\"><template></template>";
    private static final String PATCHES = "text/vnd.turbo-stream.html";
    private static final Duration AGAIN = Duration.ofSeconds(10);
    private static final Duration TIMEOUT = Duration.ofSeconds(40);
    /** Of an EventSource that was told no other. */
    private static final int RETRY_MILLIS = 3_000;

    private final HttpClient http;
    private final URI site;
    private final Map<String, String> cookies = new ConcurrentHashMap<>();
    private final Map<String, String> form = new LinkedHashMap<>();
    private final Thread reader;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile boolean live;
    private volatile long lostNanos;
    volatile long longestWithoutStream;
    final AtomicInteger streams = new AtomicInteger();
    /** Times that the tab had to load its page again. */
    final AtomicInteger reloads = new AtomicInteger();
    /** Empty: the EventSource has not given up. */
    volatile String givenUp = "";

    volatile long shown;
    final AtomicInteger confirmed = new AtomicInteger();
    /** Actions of which the tab was told that their outcome is not known. */
    final AtomicInteger unknown = new AtomicInteger();

    final AtomicInteger failed = new AtomicInteger();
    volatile String firstFailure = "";

    LiveTab(HttpClient http, URI site) throws IOException, InterruptedException {
        this.http = http;
        this.site = site;
        HttpResponse<String> page = get("/");
        HIDDEN.matcher(page.body()).results().forEach(field -> form.put(field.group(1), field.group(2)));
        if (page.statusCode() != 200 || context().isEmpty()) {
            throw new AssertionError("no page: " + page.statusCode() + " " + page.body());
        }
        lostNanos = System.nanoTime();
        reader = Thread.ofVirtual().name("tab").start(this::read);
    }

    /** The number that another page shows. */
    long number(String path) throws IOException, InterruptedException {
        Matcher number = SHOWN.matcher(get(path).body());
        return number.find() ? Long.parseLong(number.group(1)) : -1;
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        HttpResponse<String> answer =
                http.send(request(path).header("Accept", "text/html").build(), HttpResponse.BodyHandlers.ofString());
        keepCookies(answer);
        return answer;
    }

    private String context() {
        return form.getOrDefault("_context", "");
    }

    boolean isLive() {
        return live;
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(site.resolve(path)).timeout(TIMEOUT);
        if (!cookies.isEmpty()) {
            request.header(
                    "Cookie",
                    cookies.entrySet().stream()
                            .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                            .collect(Collectors.joining("; ")));
        }
        return request;
    }

    private void keepCookies(HttpResponse<?> answer) {
        answer.headers().allValues("set-cookie").forEach(header -> {
            String[] pair = header.split(";", 2)[0].split("=", 2);
            cookies.put(pair[0], pair[1]);
        });
    }

    // The stream

    private void read() {
        int retryMillis = RETRY_MILLIS;
        String lastId = "";
        while (givenUp.isEmpty()) {
            try {
                HttpRequest.Builder request =
                        request("/_pages/stream?context=" + context()).header("Accept", "text/event-stream");
                if (!lastId.isEmpty()) {
                    request.header("Last-Event-ID", lastId);
                }
                HttpResponse<InputStream> answer =
                        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
                keepCookies(answer);
                if (answer.statusCode() == 200) {
                    try (BufferedReader lines =
                            new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
                        String line;
                        while ((line = lines.readLine()) != null) {
                            if (line.startsWith("retry: ")) {
                                retryMillis = Integer.parseInt(line.substring("retry: ".length()));
                            } else if (line.startsWith("id: ")) {
                                lastId = line.substring("id: ".length());
                            } else if (line.startsWith("data: ")) {
                                received(line);
                            }
                        }
                    }
                } else if (answer.statusCode() < 500) {
                    givenUp = "status " + answer.statusCode();
                }
                // A proxy without a node answers 502 or 503: browsers give up then, and the script of Turbo connects
                // again.
            } catch (IOException e) {
                // The connection was lost.
            } catch (InterruptedException e) {
                return;
            }
            lost();
            if (!pause(retryMillis)) {
                return;
            }
        }
    }

    private void received(String line) {
        Matcher opened = CONTEXT.matcher(line);
        if (opened.find()) {
            if (opened.group(1).equals(context())) {
                live = true;
                streams.incrementAndGet();
                longestWithoutStream = Math.max(longestWithoutStream, System.nanoTime() - lostNanos);
            } else {
                reloads.incrementAndGet();
            }
        }
        if (line.contains("action=\"refresh\"")) {
            reloads.incrementAndGet();
        }
        Matcher number = SHOWN.matcher(line);
        while (number.find()) {
            shown = Long.parseLong(number.group(1));
        }
    }

    private void lost() {
        if (live) {
            live = false;
            lostNanos = System.nanoTime();
        }
    }

    /** False: the tab was closed meanwhile. */
    private boolean pause(int millis) {
        try {
            return !closing.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    // Actions

    void add() throws InterruptedException {
        form.put("_id", UUID.randomUUID().toString());
        String body = form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        long end = System.nanoTime() + AGAIN.toNanos();
        int delay = 100;
        Answer answer = send(body);
        while (answer.isLost() && System.nanoTime() < end) {
            if (!pause((int) (delay * (0.5 + ThreadLocalRandom.current().nextDouble())))) {
                throw new InterruptedException();
            }
            delay = Math.min(2 * delay, 1_000);
            answer = send(body);
        }
        if (answer.status() == 200 && answer.body().contains(DONE)) {
            confirmed.incrementAndGet();
        } else if (answer.status() == 409 || answer.isLost()) {
            unknown.incrementAndGet();
        } else {
            failed.incrementAndGet();
            if (firstFailure.isEmpty()) {
                firstFailure = answer.toString();
            }
        }
    }

    private record Answer(int status, String type, String body) {
        boolean isLost() {
            return status == 0 || status >= 502 && status <= 504 && !type.startsWith(PATCHES);
        }
    }

    private Answer send(String body) throws InterruptedException {
        try {
            HttpResponse<String> answer = http.send(
                    request("/_pages/action/add")
                            .header("Accept", PATCHES + ", text/html, application/xhtml+xml")
                            .header("Origin", site.toString())
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            keepCookies(answer);
            return new Answer(
                    answer.statusCode(),
                    answer.headers().firstValue("content-type").orElse(""),
                    answer.body());
        } catch (IOException e) {
            return new Answer(0, "", e.toString());
        }
    }

    @Override
    public void close() {
        closing.countDown();
        reader.interrupt();
    }
}
