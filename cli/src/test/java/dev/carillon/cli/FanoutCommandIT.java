package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The load generator on real nodes. */
@Tag("process")
class FanoutCommandIT {
    @TempDir
    private Path dir;

    @Test
    void every_delivery_of_a_real_node_is_accounted_for_and_its_cost_measured() throws Exception {
        try (CommandProcess fanout =
                start("--connections 200 --topics 4 --rate 50 --warm-up 1 --seconds 2 --html " + dir.resolve("html"))) {
            // Valid or not is for the machine to say, on which others run.
            int status = fanout.status();
            JsonNode result = result();

            assertThat(status)
                    .as(fanout.err().toString())
                    .isEqualTo(result.path("valid").booleanValue() ? 0 : 1);
            assertThat(result.path("clean").booleanValue())
                    .as(result.toPrettyString())
                    .isTrue();
            assertThat(result.at("/broadcasts/sent").intValue()).isEqualTo(150);
            assertThat(result.at("/accounting/expected").intValue()).isEqualTo(150 * 50);
            assertThat(result.at("/accounting/received").intValue()).isEqualTo(150 * 50);
            // What was due in the two seconds that were measured.
            assertThat(result.at("/latency/count").intValue()).isBetween(99 * 50, 101 * 50);
            assertThat(result.at("/latency/p99Micros").intValue()).isPositive();
            assertThat(result.at("/nodes/cpuMicrosPerDelivery").doubleValue()).isPositive();
            assertThat(result.at("/nodes/heapBytesPerConnection").isNumber()).isTrue();
            assertThat(result.at("/seconds").size()).isEqualTo(3);
            assertThat(fanout.out()).anyMatch(line -> line.matches(" +received +7,500"));
            assertThat(Files.readString(dir.resolve("html"))).contains("</html>", "7,500");
        }
    }

    @Test
    @Tag("full")
    void a_node_that_is_paused_for_a_second_shows_in_the_latency() throws Exception {
        try (CommandProcess fanout = start("--connections 50 --rate 100 --warm-up 1 --seconds 4")) {
            fanout.awaitErrLine(".* 2 of 5 s: .*");
            ProcessHandle node = fanout.descendants().getFirst();
            signal(node, "STOP");
            pass(Duration.ofSeconds(1));
            signal(node, "CONT");
            int _ = fanout.status();
            JsonNode result = result();

            assertThat(result.path("clean").booleanValue())
                    .as(result.toPrettyString())
                    .isTrue();
            // A quarter of what was due, which came up to a second late.
            assertThat(result.at("/latency/maxMicros").intValue()).isGreaterThan(900_000);
            assertThat(result.at("/latency/p99Micros").intValue()).isGreaterThan(800_000);
            assertThat(result.at("/latency/p50Micros").intValue())
                    .isLessThan(result.at("/latency/p99Micros").intValue() / 2);
            assertThat(result.at("/broadcasts/sent").intValue()).isEqualTo(500);
        }
    }

    @Tag("full")
    @Test
    void a_paused_load_generator_marks_its_run_invalid() throws Exception {
        try (CommandProcess fanout = start("--connections 50 --rate 100 --warm-up 0 --seconds 3")) {
            fanout.awaitErrLine(".* 1 of 3 s: .*");
            signal(fanout.handle(), "STOP");
            pass(Duration.ofMillis(700));
            signal(fanout.handle(), "CONT");

            assertThat(fanout.status()).isEqualTo(1);
            assertThat(result().path("valid").booleanValue()).isFalse();
            assertThat(result().path("invalidBecause").toString())
                    .contains("scheduling jitter of the machine, maximum");
            assertThat(fanout.out()).anyMatch(line -> line.startsWith("INVALID: "));
        }
    }

    @Test
    @Tag("full")
    void a_signal_ends_it_early_with_a_result_and_leaves_no_process() throws Exception {
        try (CommandProcess fanout = start("--connections 20 --rate 20 --warm-up 0 --seconds 600")) {
            fanout.awaitErrLine(".* 2 of 600 s: .*");
            ProcessHandle node = fanout.descendants().getFirst();
            fanout.terminate();

            int _ = fanout.status();
            JsonNode result = result();
            assertThat(result.path("endedEarly").booleanValue()).isTrue();
            assertThat(result.path("clean").booleanValue())
                    .as(result.toPrettyString())
                    .isTrue();
            assertThat(result.at("/accounting/received").intValue()).isGreaterThan(20 * 20);
            assertThat(fanout.out()).anyMatch(line -> line.startsWith("ENDED EARLY: "));
            await().until(() -> !node.isAlive());
        }
    }

    @Tag("full")
    @Test
    void the_end_of_its_input_ends_it_early_too() throws Exception {
        try (CommandProcess fanout = start("--connections 20 --rate 20 --warm-up 0 --seconds 600 --stop-with-stdin")) {
            fanout.awaitErrLine(".* 1 of 600 s: .*");
            fanout.closeInput();

            int _ = fanout.status();
            assertThat(result().path("endedEarly").booleanValue()).isTrue();
        }
    }

    /** An outbox holds 17 of these events: at 20 a second those that read may be late by most of a second, as on a busy machine. */
    @Test
    @Tag("full")
    void stalled_clients_do_not_delay_others_and_are_closed() throws Exception {
        // Slow enough that those that read may be seconds behind on a busy machine, and much more than an outbox takes
        // in all.
        try (CommandProcess fanout =
                start("--connections 15 --stalled 10 --size 60000 --rate 5 --warm-up 0 --seconds 12 --addresses 3")) {
            int _ = fanout.status();
            JsonNode result = result();

            assertThat(result.path("clean").booleanValue())
                    .as(result.toPrettyString())
                    .isTrue();
            assertThat(result.at("/accounting/received").intValue()).isEqualTo(60 * 5);
            assertThat(result.at("/connections/stalledCut").intValue()).isEqualTo(10);
            assertThat(result.at("/slow/cutOff").intValue()).isEqualTo(10);
            assertThat(result.at("/slow/abandoned").intValue()).isPositive();
            assertThat(result.at("/slow/dropped").intValue()).isZero();
        }
    }

    @Tag("full")
    @Test
    void stalled_clients_receive_the_number_of_dropped_events() throws Exception {
        try (CommandProcess fanout = start(
                "--connections 15 --stalled 10 --slow drop-oldest --size 60000 --rate 5 --warm-up 0 --seconds 12")) {
            int _ = fanout.status();
            JsonNode result = result();

            assertThat(result.path("clean").booleanValue())
                    .as(result.toPrettyString())
                    .isTrue();
            assertThat(result.at("/connections/stalledCut").intValue()).isZero();
            assertThat(result.at("/slow/cutOff").intValue()).isZero();
            assertThat(result.at("/slow/dropped").intValue()).isPositive();
            assertThat(result.at("/slow/announced")).as(result.toPrettyString()).isEqualTo(result.at("/slow/dropped"));
            assertOutboxes(result);
        }
    }

    @Tag("full")
    @Test
    void outboxes_of_stalled_clients_keep_the_newest_event_of_each_key() throws Exception {
        try (CommandProcess fanout =
                start("--connections 15 --stalled 10 --slow latest --size 60000 --rate 100 --warm-up 0 --seconds 3")) {
            int _ = fanout.status();
            JsonNode result = result();

            assertThat(result.at("/slow/cutOff").intValue()).isZero();
            assertThat(result.at("/slow/replaced").intValue()).isPositive();
            assertThat(result.at("/slow/dropped").intValue()).isZero();
            assertThat(result.at("/slow/announced").intValue()).isZero();
            assertOutboxes(result);
            // Eight keys, and what is on its way; on a busy machine those that read are behind, too.
            assertThat(result.at("/slow/outboxBytes").intValue()).isLessThan(15 * 9 * 61_000);
        }
    }

    private static void assertOutboxes(JsonNode result) {
        assertThat(result.at("/slow/outboxBytesBound").intValue()).isEqualTo(10 << 20);
        assertThat(result.at("/slow/outboxBytes").intValue())
                .as(result.toPrettyString())
                .isBetween(1, 10 << 20);
    }

    private CommandProcess start(String options) {
        return CommandProcess.start(
                Map.of(), ("bench fanout --json " + dir.resolve("json") + " " + options).split(" "));
    }

    private JsonNode result() throws IOException {
        return JsonMapper.builder().build().readTree(dir.resolve("json").toFile());
    }

    private static void signal(ProcessHandle process, String signal) {
        assertThat(ChildProcess.signal(process, signal)).isTrue();
    }

    /** The time is the fault itself: there is nothing to wait for. */
    private static void pass(Duration time) throws InterruptedException {
        assertThat(new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS))
                .isFalse();
    }
}
