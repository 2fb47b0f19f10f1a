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
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Clients that come and go: {@value #CLIENTS} of {@value #USERS} users that keep their session, a third with an event stream and the others with a
 * WebSocket, of which {@value #DROPS_PER_ROUND} lose their connection every {@value #ROUND_MILLIS} ms and resume in each of the ways that there are. In
 * each round a new client leaves again at once, with an event stream of a topic that no client had before, or with a WebSocket before it has sent its
 * token; and there is a broadcast. Every tenth round has a batch, and asks for the position and the history.
 */
final class Churn implements Load {
    private static final int CLIENTS = 300;
    private static final int USERS = 100;
    private static final int BATCH = 10;
    private static final int ROUNDS_PER_BATCH = 10;
    private static final List<Fleet.Resume> WAYS = List.of(Fleet.Resume.values());
    private static final String SCOPE = "topic:soak";
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
    private final AtomicLong reads = new AtomicLong();
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

    /** @param userToken makes the token of a user */
    Churn(int port, String token, Function<String, String> userToken) {
        this.port = port;
        this.token = token;
        this.fleet = Fleet.start(
                IntStream.range(0, CLIENTS)
                        .mapToObj(i -> client(i, userToken.apply("user-" + i % USERS)))
                        .toList(),
                CONNECTS_PER_SECOND,
                counter);
        Thread.ofPlatform().daemon().name("soak-churn").start(this::run);
    }

    private Fleet.Client client(int number, String userToken) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        if (number / USERS == 0) {
            return new Fleet.Client(
                    address, "/events?topic=soak", List.of("Authorization: Bearer " + userToken), false);
        }
        Fleet.Resume resume = WAYS.get(number % WAYS.size());
        boolean byRequest = resume == Fleet.Resume.BY_REQUEST || resume == Fleet.Resume.ALL_SCOPES;
        return new Fleet.Client(
                address,
                byRequest ? "/ws?topic=soak" : "/ws",
                List.of(),
                false,
                true,
                null,
                new Fleet.Messages(userToken, List.of(SCOPE), resume),
                null);
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
                    long number = broadcasts.incrementAndGet();
                    if (number % ROUNDS_PER_BATCH == 0) {
                        broadcast(IntStream.range(0, BATCH)
                                .mapToObj(i -> event(number + "." + i))
                                .collect(Collectors.joining(",", "[", "]")));
                        read("/position?scope=" + SCOPE);
                        read("/history?scope=" + SCOPE);
                    } else {
                        broadcast(event(Long.toString(number)));
                    }
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A client of its own, which leaves when its response begins. */
    private void visit(long number) throws IOException {
        List<String> head = number % 2 == 0
                ? List.of("GET /events?topic=soak-" + number + " HTTP/1.1", "Authorization: Bearer " + token)
                : List.of(
                        "GET /ws HTTP/1.1",
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
        String request = String.join("\r\n", head) + "\r\nHost: 127.0.0.1\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            if (socket.getInputStream().read() < 0) {
                failed.incrementAndGet();
            }
        }
    }

    private static String event(String number) {
        return "{\"scope\":\"" + SCOPE + "\",\"data\":\"event " + number + "\"}";
    }

    private void broadcast(String json) throws IOException, InterruptedException {
        send(request("/broadcast")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    private void read(String target) throws IOException, InterruptedException {
        reads.incrementAndGet();
        send(request(target));
    }

    private HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                .timeout(Duration.ofMillis(TIMEOUT_MILLIS))
                .header("Authorization", "Bearer " + token);
    }

    private void send(HttpRequest.Builder request) throws IOException, InterruptedException {
        if (http.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
            failed.incrementAndGet();
        }
    }

    @Override
    public String progress() {
        return String.format(
                Locale.ROOT,
                "%,d connects, %,d broadcasts, %,d deliveries, %,d reads, %,d failed",
                counter.opened.get() + visitors.get(),
                broadcasts.get(),
                counter.events.get(),
                reads.get(),
                failed.get());
    }

    @Override
    public void close() {
        stop.countDown();
        fleet.close();
        http.shutdownNow();
    }
}
