package dev.carillon.lab.soak;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that come and go: {@value #CLIENTS} that keep their session, of which {@value #DROPS_PER_ROUND} lose their connection every {@value
 * #ROUND_MILLIS} ms and resume; in each round a new client with a topic that no client had before, which leaves again at once; and a broadcast.
 */
final class Churn implements Load {
    private static final int CLIENTS = 300;
    private static final int DROPS_PER_ROUND = 3;
    private static final int ROUND_MILLIS = 50;
    private static final int CONNECTS_PER_SECOND = 200;
    private static final int TIMEOUT_MILLIS = 10_000;

    private final int port;
    private final String token;
    private final Fleet fleet;
    private final HttpClient http = HttpClient.newHttpClient();
    private final Counter counter = new Counter();
    private final AtomicLong broadcasts = new AtomicLong();
    private final AtomicLong visitors = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final CountDownLatch stop = new CountDownLatch(1);

    /** Counts on the thread of the fleet. */
    private static final class Counter implements FleetObserver {
        private final AtomicLong opened = new AtomicLong();
        private final AtomicLong events = new AtomicLong();

        @Override
        public void opened(int client, long nanos) {
            opened.incrementAndGet();
        }

        @Override
        public void closed(int client, long nanos) {}

        @Override
        public void event(int client, StreamEvent event, long nanos) {
            events.incrementAndGet();
        }

        @Override
        public void refusedForGood(int client, int status) {}
    }

    Churn(int port, String token) {
        this.port = port;
        this.token = token;
        this.fleet = Fleet.start(
                new Fleet.Plan(
                        CLIENTS,
                        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                        "/events?topic=soak",
                        CONNECTS_PER_SECOND),
                counter);
        Thread.ofPlatform().daemon().name("soak-churn").start(this::run);
    }

    private void run() {
        int client = 0;
        try {
            while (!stop.await(ROUND_MILLIS, TimeUnit.MILLISECONDS)) {
                for (int i = 0; i < DROPS_PER_ROUND; i++) {
                    fleet.drop(client++ % CLIENTS);
                }
                try {
                    visit(visitors.incrementAndGet());
                    broadcast(broadcasts.incrementAndGet());
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A client of its own, which leaves when its stream is open. */
    private void visit(long number) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream()
                    .write(("GET /events?topic=soak-" + number + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            if (socket.getInputStream().read() < 0) {
                failed.incrementAndGet();
            }
        }
    }

    private void broadcast(long number) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/broadcast"))
                .timeout(Duration.ofMillis(TIMEOUT_MILLIS))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"scope\":\"topic:soak\",\"data\":\"event " + number + "\"}"))
                .build();
        if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
            failed.incrementAndGet();
        }
    }

    @Override
    public String progress() {
        return String.format(
                Locale.ROOT,
                "%,d connects, %,d broadcasts, %,d deliveries, %,d failed",
                counter.opened.get() + visitors.get(),
                broadcasts.get(),
                counter.events.get(),
                failed.get());
    }

    @Override
    public void close() {
        stop.countDown();
        fleet.close();
        http.shutdownNow();
    }
}
