package dev.carillon.lab.rehearse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One user: cookies and a connection of its own, HTTP/2 where the server speaks it. Its stream behaves like an EventSource and carries the token, if
 * there is one; at random moments the user loads the page again. {@link #stream} and {@link #browse} each block a thread until the end.
 */
final class RehearsingUser implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final RehearsalPlan plan;
    private final RehearsalCounts counts;
    private final ScheduledExecutorService timer;
    private final Random random;
    private final HttpClient http;
    private volatile @Nullable InputStream body;
    private volatile boolean leaving;
    private PageStream source;

    /** @param timer ends streams whose users leave */
    RehearsingUser(
            int number, RehearsalPlan plan, RehearsalCounts counts, ScheduledExecutorService timer, Executor executor) {
        this.plan = plan;
        this.counts = counts;
        this.timer = timer;
        this.source = new PageStream(counts, System::nanoTime);
        this.random = new Random(plan.crowd().seed() * 1_000_003 + number);
        HttpClient.Builder builder = HttpClient.newBuilder()
                .executor(executor)
                .cookieHandler(new CookieManager())
                .version(HttpClient.Version.HTTP_2)
                .connectTimeout(TIMEOUT);
        plan.tls().ifPresent(builder::sslContext);
        this.http = builder.build();
    }

    void stream() throws InterruptedException {
        while (!counts.isEnded()) {
            boolean left = open();
            if (left) {
                // The page is loaded again: its stream begins now, without the events of the user's absence.
                source = new PageStream(counts, System::nanoTime);
            }
            // A page that is loaded again is there soon; a browser that lost its stream waits for the delay of retry.
            if (!counts.await(left ? random.nextDouble() : source.retrySeconds())) {
                return;
            }
        }
    }

    /** Opens a stream and reads it to its end; whether the user ended it. */
    private boolean open() throws InterruptedException {
        long begin = System.nanoTime();
        HttpRequest.Builder request = request("/events?topic=" + plan.topic()).header("Accept", "text/event-stream");
        plan.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        source.lastId().ifPresent(id -> request.header("Last-Event-ID", id));
        HttpResponse<InputStream> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException e) {
            if (!counts.isEnded()) {
                counts.routes.failed(RehearsalResult.STREAM_ROUTE);
            }
            return false;
        }
        counts.routes.answered(
                RehearsalResult.STREAM_ROUTE, response.statusCode(), response.version(), System.nanoTime() - begin);
        leaving = false;
        body = response.body();
        double stay = -Math.log(1 - random.nextDouble()) * plan.crowd().staySeconds();
        ScheduledFuture<?> leave = timer.schedule(this::leave, Math.round(stay * 1e3), TimeUnit.MILLISECONDS);
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                source.line(line);
            }
        } catch (IOException e) {
            // The stream has ended.
        } finally {
            leave.cancel(false);
            body = null;
            if (response.statusCode() == 200) {
                source.ended(leaving || counts.isEnded());
            }
        }
        return leaving;
    }

    private void leave() {
        leaving = true;
        InputStream now = body;
        if (now != null) {
            try {
                now.close();
            } catch (IOException e) {
                // The stream has ended either way.
            }
        }
    }

    /** Ordinary requests. */
    void browse() throws InterruptedException {
        double mean = plan.crowd().users() / plan.traffic().requestsPerSecond();
        for (int i = 0; counts.await(-Math.log(1 - random.nextDouble()) * mean); i++) {
            String page = plan.pages().get(i % plan.pages().size());
            send("GET " + page.replaceFirst("\\?.*", ""), request(page).build());
        }
    }

    /** Broadcasts an event with the time to all users. */
    void broadcast(String token) throws InterruptedException {
        send(
                "POST /broadcast",
                request("/broadcast")
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"topic:" + plan.topic()
                                + "\",\"data\":\"" + PageStream.MARK + System.nanoTime() + "\"}"))
                        .build());
    }

    private HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create(plan.url() + target)).timeout(TIMEOUT);
    }

    private void send(String route, HttpRequest request) throws InterruptedException {
        long begin = System.nanoTime();
        try {
            HttpResponse<Void> response = http.send(request, HttpResponse.BodyHandlers.discarding());
            counts.routes.answered(route, response.statusCode(), response.version(), System.nanoTime() - begin);
        } catch (IOException e) {
            if (!counts.isEnded()) {
                counts.routes.failed(route);
            }
        }
    }

    @Override
    public void close() {
        leave();
        http.shutdownNow();
    }
}
