package dev.carillon.webhook;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.Store;
import dev.carillon.lease.ClusterLeases;
import dev.carillon.presence.Change;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Delivery of webhooks to a real HTTP server, whatever the broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class WebhookContract {
    private static final String SECRET = "a secret of the webhooks";
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final WebhookDeliverer.Timing TIMING =
            new WebhookDeliverer.Timing(Duration.ofSeconds(1), Duration.ofMillis(20), Duration.ofMillis(20));

    private final List<AutoCloseable> open = new ArrayList<>();
    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final Receiver receiver = new Receiver();
    private Broker broker;
    private int appended;

    /** The address of a broker without data of other tests. */
    protected abstract String broker();

    @BeforeEach
    void start() {
        broker = open();
        // What an earlier test of this class has left.
        try (WebhookDeliverer _ = deliverer(open(), Duration.ofMinutes(1))) {
            append(1);
            await().until(() -> receiver.texts().contains("joined user" + (appended - 1)));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        open.clear();
        receiver.answer(Receiver.status(204));
    }

    private Broker open() {
        Broker opened = Brokers.open(broker(), PatientOptions.of("w" + NUMBERS.incrementAndGet()));
        open.add(opened);
        return opened;
    }

    private WebhookDeliverer deliverer(Broker on, Duration giveUp) {
        return deliverer(on, giveUp, metrics);
    }

    private WebhookDeliverer deliverer(Broker on, Duration giveUp, MeterRegistry registry) {
        WebhookDeliverer started = new WebhookDeliverer(
                on,
                new WebhookConfig(receiver.url(), SECRET, giveUp),
                new ClusterLeases(
                        on.store(), "d" + NUMBERS.incrementAndGet(), new SimpleMeterRegistry(), Platform.system()),
                TIMING,
                registry,
                Platform.system());
        open.add(started);
        started.start();
        return started;
    }

    private WebhookDeliverer deliverer() {
        return deliverer(open(), Duration.ofMinutes(1));
    }

    /** Appends joins of users who are numbered through all tests. */
    private void append(int count) {
        WebhookLog log = new WebhookLog(broker.channel());
        List<CompletionStage<Void>> all = IntStream.range(0, count)
                .mapToObj(i -> {
                    int number = appended++;
                    return log.append(
                            new Change(
                                    Change.Kind.JOINED,
                                    new Tenant("acme"),
                                    Scope.topic("room"),
                                    "user" + number,
                                    number % 2 == 0 ? "{\"n\":" + number + "}" : null),
                            broker() + " " + number);
                })
                .toList();
        all.forEach(each -> get(each));
    }

    private List<String> users(int from) {
        return IntStream.range(from, appended).mapToObj(i -> "joined user" + i).toList();
    }

    private List<String> received(int from) {
        List<String> texts = receiver.texts();
        int first = texts.indexOf("joined user" + from);
        return first < 0 ? List.of() : texts.subList(first, texts.size());
    }

    private double metric(String name) {
        return metrics.get("carillon.webhook." + name).counter().count();
    }

    @Test
    void requests_are_signed_over_time_and_body() throws Exception {
        append(2);
        int first = receiver.requests().size();
        WebhookDeliverer _ = deliverer();

        await().until(() -> receiver.requests().size() > first);
        Receiver.Request request = receiver.requests().get(first);
        assertThat(request.contentType()).isEqualTo("application/json");
        assertThat(request.signature()).matches("t=\\d+,v1=[0-9a-f]{64}");
        String seconds = request.signature().substring(2, request.signature().indexOf(','));
        assertThat(Instant.ofEpochSecond(Long.parseLong(seconds)))
                .isBetween(Instant.now().minusSeconds(600), Instant.now().plusSeconds(1));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Text.utf8(SECRET), "HmacSHA256"));
        assertThat(request.signature())
                .endsWith(",v1=" + HexFormat.of().formatHex(mac.doFinal(Text.utf8(seconds + "." + request.body()))));
        assertThat(request.events()).allSatisfy(event -> {
            assertThat(event.path("id").asText()).isNotEmpty();
            assertThat(Instant.ofEpochMilli(event.path("time").asLong()))
                    .isBetween(Instant.now().minusSeconds(600), Instant.now().plusSeconds(600));
            assertThat(event.path("type").asText()).isEqualTo("joined");
            assertThat(event.path("tenant").asText()).isEqualTo("acme");
            assertThat(event.path("scope").asText()).isEqualTo("topic:room");
        });
        assertThat(request.events().findValues("data"))
                .allSatisfy(data -> assertThat(data.path("n").isInt()).isTrue());
    }

    @Test
    void changes_are_posted_in_order_and_each_once() {
        int from = appended;
        int first = receiver.requests().size();
        WebhookDeliverer _ = deliverer();
        WebhookDeliverer _ = deliverer();
        append(250);
        append(50);

        await().until(() -> received(from).size() >= 300);

        assertThat(received(from)).isEqualTo(users(from));
        List<Integer> sizes = receiver.requests().stream()
                .skip(first)
                .map(request -> request.events().size())
                .toList();
        assertThat(sizes).allMatch(size -> size <= WebhookDeliverer.BATCH);
        assertThat(sizes.stream().mapToInt(size -> size).sum()).isEqualTo(300);
    }

    @Test
    void failed_request_is_repeated_before_any_later_one() {
        int from = appended;
        AtomicInteger answers = new AtomicInteger();
        double failed = metric("requests.failed");
        receiver.answer(exchange -> {
            switch (answers.getAndIncrement()) {
                case 0 -> exchange.sendResponseHeaders(500, -1);
                case 1 -> {
                    exchange.getResponseHeaders().set("Location", "/elsewhere");
                    exchange.sendResponseHeaders(307, -1);
                }
                case 2 -> {
                    // Ends before its body is complete.
                    exchange.sendResponseHeaders(200, 100);
                    OutputStream body = exchange.getResponseBody();
                    body.write(1);
                    body.flush();
                }
                default -> exchange.sendResponseHeaders(200, -1);
            }
        });
        int first = receiver.requests().size();
        append(150);
        WebhookDeliverer _ = deliverer();

        await().until(() -> received(from).size() >= 150);

        List<Receiver.Request> requests =
                receiver.requests().subList(first, receiver.requests().size());
        assertThat(requests.subList(0, 4))
                .extracting(Receiver.Request::body)
                .containsOnly(requests.getFirst().body());
        assertThat(received(from)).isEqualTo(users(from));
        assertThat(metric("requests.failed") - failed).isEqualTo(3);
    }

    @Test
    void another_node_continues_where_one_crashed_in_the_middle_of_a_request() throws Exception {
        int from = appended;
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch crashed = new CountDownLatch(1);
        AtomicInteger answers = new AtomicInteger();
        receiver.answer(exchange -> {
            if (answers.getAndIncrement() == 1) {
                held.countDown();
                uninterrupted(crashed);
            }
            exchange.sendResponseHeaders(200, -1);
        });
        Broker first = open();
        append(250);
        WebhookDeliverer _ = deliverer(first, Duration.ofMinutes(1));
        uninterrupted(held);

        first.close();
        int before = receiver.requests().size();
        WebhookDeliverer _ = deliverer();
        await().until(() -> received(from).size() >= 250);
        crashed.countDown();

        assertThat(received(from)).isEqualTo(users(from));
        // The one that was not acknowledged, and no other.
        assertThat(receiver.requests().get(before).body())
                .isEqualTo(receiver.requests().get(before - 1).body());
    }

    @Test
    void closed_deliverer_hands_over_at_once() {
        int from = appended;
        WebhookDeliverer first = deliverer();
        append(1);
        await().until(() -> received(from).size() == 1);

        first.close();
        WebhookDeliverer _ = deliverer();
        append(10);

        await().until(() -> received(from).size() >= 11);
        assertThat(received(from)).isEqualTo(users(from));
    }

    @Test
    void changes_that_no_application_takes_are_given_up_counted_and_followed_by_later_ones() {
        double givenUp = metric("events.given.up");
        double gaps = metric("gaps");
        receiver.answer(Receiver.status(503));
        append(3);
        WebhookDeliverer _ = deliverer(open(), Duration.ofSeconds(1));
        await().until(() -> metric("events.given.up") - givenUp >= 3);

        receiver.answer(Receiver.status(200));
        int from = appended;
        append(2);

        await().until(() -> received(from).size() >= 2);
        assertThat(received(from)).isEqualTo(users(from));
        assertThat(metric("events.given.up") - givenUp).isEqualTo(3);
        assertThat(metric("gaps")).isEqualTo(gaps);
    }

    @Test
    void lag_is_that_of_the_oldest_change_that_waits() {
        int from = appended;
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        receiver.answer(Receiver.status(503));
        WebhookDeliverer _ = deliverer(open(), Duration.ofMinutes(1), registry);
        Gauge lag = registry.get("carillon.webhook.lag").gauge();
        assertThat(lag.value()).isZero();

        append(2);
        await().until(() -> lag.value() > 0);
        receiver.answer(Receiver.status(200));

        await().until(() -> received(from).size() >= 2);
        await().until(() -> lag.value() == 0);
    }

    @Test
    void changes_after_a_position_of_an_epoch_that_the_log_does_not_know_are_not_skipped() {
        int from = appended;
        append(3);
        String unknown = new Position(Position.MAX_EPOCH, 5, 0).text();
        Store.Key key = new Store.Key(Tenant.SYSTEM, "webhook", "position");
        assertThat(get(broker.store().put(key, Text.utf8(unknown), Store.ANY, Duration.ZERO)))
                .isPresent();

        WebhookDeliverer _ = deliverer();

        await().until(() -> received(from).size() >= 3);
        assertThat(received(from)).isEqualTo(users(from));
    }

    private static void uninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
