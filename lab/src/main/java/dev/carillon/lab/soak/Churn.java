package dev.carillon.lab.soak;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Clients that come and go: {@value #CLIENTS} of {@value #USERS} users that keep their session, a quarter with an event stream, a quarter with one that has
 * a filter and a ticket of the {@link SoakApplication}, and the others with a WebSocket, of which {@value #DROPS_PER_ROUND} lose their connection every
 * {@value #ROUND_MILLIS} ms and resume in each of the ways that there are. In each round there is a visit of {@link Visits} and a broadcast. Every tenth
 * round has a batch, reads position, history and presence, lists connections, and invalidates the answers about a user's tickets.
 */
final class Churn implements Load {
    private static final int CLIENTS = 400;
    private static final int USERS = 100;
    private static final int BATCH = 10;
    private static final int ROUNDS_PER_BATCH = 10;
    private static final List<Fleet.Resume> WAYS = List.of(Fleet.Resume.values());
    private static final String SCOPE = "topic:soak";
    /** Revocations that the node keeps are those of the last minute. */
    private static final long REVOKED_SECONDS = 60;

    private static final int DROPS_PER_ROUND = 3;
    private static final int ROUND_MILLIS = 50;
    private static final int CONNECTS_PER_SECOND = 200;
    private static final int TIMEOUT_MILLIS = 10_000;

    private final SoakNode node;
    private final SoakApplication application;
    private final String token;
    private final Visits visits;
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

    Churn(SoakNode node, SoakApplication application) {
        this.node = node;
        this.application = application;
        this.token = node.token();
        this.visits = new Visits(node.port(), node::token, this::revoke);
        this.fleet = Fleet.start(
                IntStream.range(0, CLIENTS)
                        .mapToObj(i -> client(i, "user-" + i % USERS))
                        .toList(),
                CONNECTS_PER_SECOND,
                counter);
        Thread.ofPlatform().daemon().name("soak-churn").start(this::run);
    }

    private Fleet.Client client(int number, String user) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port());
        if (number / USERS == 0) {
            return new Fleet.Client(
                    address,
                    "/events?topic=soak&topic=soak-room/all",
                    List.of("Authorization: Bearer " + node.token(user)),
                    false);
        }
        if (number / USERS == 1) {
            return new Fleet.Client(
                    address,
                    "/events?topic=soak&filter=kind:even",
                    List.of("Authorization: Bearer " + SoakApplication.TICKET + user),
                    false);
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
                new Fleet.Messages(node.token(user), List.of(SCOPE), resume),
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
                    if (!visits.visit(visitors.incrementAndGet())) {
                        failed.incrementAndGet();
                    }
                    long number = broadcasts.incrementAndGet();
                    if (number % ROUNDS_PER_BATCH == 0) {
                        broadcast(IntStream.range(0, BATCH)
                                .mapToObj(i -> event(number * BATCH + i))
                                .collect(Collectors.joining(",", "[", "]")));
                        read("/position?scope=" + SCOPE);
                        read("/history?scope=" + SCOPE);
                        read("/presence?scope=topic:soak-room/all");
                        operate(number);
                    } else {
                        broadcast(event(number));
                    }
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String event(long number) {
        return "{\"scope\":\"" + SCOPE + "\",\"data\":{\"event\":" + number + "},\"tags\":{\"kind\":\""
                + (number % 2 == 0 ? "even" : "odd") + "\"}}";
    }

    private void operate(long number) throws IOException, InterruptedException {
        String user = "{\"user\":\"user-" + number / ROUNDS_PER_BATCH % USERS + "\"}";
        reads.incrementAndGet();
        send(operator("/admin/connections?user=user-1"));
        send(operator("/admin/authorizer/invalidate").POST(HttpRequest.BodyPublishers.ofString(user)));
    }

    private void revoke(String tokenId) throws IOException, InterruptedException {
        long end = Instant.now().getEpochSecond() + REVOKED_SECONDS;
        send(operator("/admin/revoke")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"token_id\":\"" + tokenId + "\",\"expires_at\":" + end + "}")));
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
        return request(node.url(), target, token);
    }

    private HttpRequest.Builder operator(String target) {
        return request(node.adminUrl(), target, node.operatorToken());
    }

    private static HttpRequest.Builder request(String url, String target, String token) {
        return HttpRequest.newBuilder(URI.create(url + target))
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
                "%,d connects, %,d broadcasts, %,d deliveries, %,d reads, %,d questions, %,d changes of presence, %,d failed",
                counter.opened.get() + visitors.get(),
                broadcasts.get(),
                counter.events.get(),
                reads.get(),
                application.questions(),
                application.changes(),
                failed.get());
    }

    @Override
    public void close() {
        stop.countDown();
        fleet.close();
        http.shutdownNow();
    }
}
