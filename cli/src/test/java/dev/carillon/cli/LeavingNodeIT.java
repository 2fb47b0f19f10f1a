package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.lab.report.BarChart;
import dev.carillon.process.TestServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

    @Tag("full")
    @Test
    void no_phone_is_without_a_stream_for_long_and_each_has_every_event_once_in_order() throws Exception {
        try (TestServer redis = Servers.redis();
                UpProcess up = UpProcess.start("redis://127.0.0.1:" + redis.port(), DRAIN)) {
            try (HallTraffic traffic =
                    HallTraffic.start(PHONES, up.port(), URI.create(up.node(1)), up.token(), Duration.ofMillis(100))) {
                HallObserver hall = traffic.observer();
                ProcessHandle leaving = up.member(2);

                hall.begin(System.nanoTime());
                leaving.destroy();
                Awaitility.await().pollInterval(Duration.ofMillis(20)).until(() -> !leaving.isAlive());
                hall.mark("process ended");
                traffic.awaitAll();
                draw(hall);

                traffic.assertUndisturbed();
                assertThat(hall.moved()).isBetween(PHONES / 4, PHONES / 2);
                // While others at the same node had not even left.
                assertThat(hall.backBeforeTheLastEnd()).isGreaterThan(hall.moved() / 3);
            }
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
}
