package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.report.BarChart;
import dev.carillon.process.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One of three nodes leaves, by SIGTERM, while a hall of phones listens through the proxy and an event is broadcast every 100 ms.
 * Writes a picture of it to {@code target/leaving-node.svg}.
 */
@Tag("process")
@Tag("redis")
class LeavingNodeIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int PHONES = FULL ? 2_000 : 400;
    /** The complete default time of a drain. */
    private static final String[] DRAIN = FULL
            ? new String[] {"--drain-rate", "0"}
            : new String[] {"--drain-rate", "0", "--drain-notice", "3s", "--drain-timeout", "6s"};

    private static final long STEP_MILLIS = 250;

    private final HttpClient http = HttpClient.newHttpClient();

    @Tag("full")
    @Test
    void no_phone_is_without_a_stream_for_long_and_each_has_every_event_once_in_order() throws Exception {
        try (TestServer redis = Servers.redis();
                UpProcess up = UpProcess.start("redis://127.0.0.1:" + redis.port(), DRAIN)) {
            HallObserver hall = new HallObserver(PHONES);
            Fleet.Plan plan = new Fleet.Plan(
                    PHONES,
                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), up.port())),
                    "/events?route=/hall",
                    500);
            try (Fleet fleet = Fleet.start(plan, hall);
                    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
                await(() -> fleet.open() == PHONES);
                AtomicInteger numbers = new AtomicInteger();
                var _ = clock.scheduleAtFixedRate(
                        () -> broadcast(up, numbers.incrementAndGet()), 0, 100, TimeUnit.MILLISECONDS);
                await(() -> hall.minLastNumber() >= 10);
                ProcessHandle leaving = up.member(2);

                hall.begin(System.nanoTime());
                leaving.destroy();
                await(() -> !leaving.isAlive());
                hall.mark("process ended");
                await(() -> fleet.open() == PHONES);
                int last = numbers.get();
                await(() -> hall.minLastNumber() > last);
                draw(hall);

                System.out.println(hall.summary());
                assertThat(hall.refusedForGood()).isZero();
                assertThat(hall.outOfOrder()).isZero();
                assertThat(hall.moved()).isBetween(PHONES / 4, PHONES / 2);
                assertThat(hall.missed()).isZero();
                // While others at the same node had not even left.
                assertThat(hall.backBeforeTheLastEnd()).isGreaterThan(hall.moved() / 3);
            }
        }
    }

    private void broadcast(UpProcess up, int number) {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create(up.node(1) + "/broadcast"))
                            .header("Authorization", "Bearer " + up.token())
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"scope\":\"route:/hall\",\"type\":\"tick\",\"data\":\"" + number + "\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void draw(HallObserver hall) throws IOException {
        BarChart chart = new BarChart(
                "One of three nodes leaves: streams of " + PHONES + " phones, by " + STEP_MILLIS + " ms",
                STEP_MILLIS,
                List.of(
                        new BarChart.Series("streams that ended", hall.ended(STEP_MILLIS)),
                        new BarChart.Series("phones that were back", hall.back(STEP_MILLIS))),
                hall.marks());
        Files.writeString(Path.of("target", "leaving-node.svg"), chart.svg());
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().pollInterval(Duration.ofMillis(20)).until(condition);
    }
}
