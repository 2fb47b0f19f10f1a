package dev.carillon.lab.soak;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Asks for the health of a node, and nothing else, {@value #THREADS} requests at a time. */
final class HealthLoad implements Load {
    private static final int THREADS = 2;
    /** Bounds the rate to about a thousand requests per second, so that the other node gets its share of the processor. */
    private static final int PAUSE_MILLIS = 2;

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);

    HealthLoad(int port) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/_health"))
                .timeout(TIMEOUT)
                .build();
        for (int i = 0; i < THREADS; i++) {
            Thread.ofPlatform().daemon().name("soak-health-" + i).start(() -> ask(request));
        }
    }

    private void ask(HttpRequest request) {
        try {
            while (!stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                try {
                    int status = http.send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode();
                    (status == 200 ? answered : failed).incrementAndGet();
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String progress() {
        return String.format(Locale.ROOT, "%,d health checks, %,d failed", answered.get(), failed.get());
    }

    @Override
    public void close() {
        stop.countDown();
        http.shutdownNow();
    }
}
