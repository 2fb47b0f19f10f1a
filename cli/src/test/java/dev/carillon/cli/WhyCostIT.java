package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the records of {@code why} cost: processor time per delivery of a node that records, as a part of that of a node that does not, in alternating runs. Prints
 * the figures; on a machine that is busy otherwise they are rough.
 */
@Tag("full")
@Tag("process")
class WhyCostIT {
    private static final int ROUNDS = 5;
    private static final double BOUND = 1.03;
    /** Runs are repeated up to so many times, as another process may have taken part of the processor. */
    private static final int ATTEMPTS = 3;

    private static final String RUN = "bench fanout --connections 2000 --rate 40 --warm-up 3 --seconds 8 --json ";

    @TempDir
    private Path dir;

    private double microsPerDelivery(String whyEvents) throws Exception {
        Path json = dir.resolve("json");
        try (CommandProcess bench =
                CommandProcess.start(Map.of("CARILLON_WHY_EVENTS", whyEvents), (RUN + json).split(" "))) {
            int _ = bench.status();
            JsonNode result = JsonMapper.builder().build().readTree(json.toFile());
            assertThat(result.path("clean").booleanValue())
                    .as(result.toPrettyString())
                    .isTrue();
            return result.at("/nodes/cpuMicrosPerDelivery").doubleValue();
        }
    }

    private static double median(List<Double> of) {
        return of.stream().sorted().toList().get(of.size() / 2);
    }

    private double ratio() throws Exception {
        List<Double> on = new ArrayList<>();
        List<Double> off = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            // The order alternates: the machine may become slower, or faster.
            if (i % 2 == 0) {
                off.add(microsPerDelivery("0"));
                on.add(microsPerDelivery("10000"));
            } else {
                on.add(microsPerDelivery("10000"));
                off.add(microsPerDelivery("0"));
            }
        }
        double ratio = median(on) / median(off);
        System.out.printf(
                Locale.ROOT,
                "why-events: %.3f us per delivery with records, %.3f without, ratio %.4f (on %s, off %s)%n",
                median(on),
                median(off),
                ratio,
                on,
                off);
        return ratio;
    }

    @Test
    void records_cost_at_most_three_percent_of_a_delivery() throws Exception {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < ATTEMPTS && best > BOUND; i++) {
            best = Math.min(best, ratio());
        }

        assertThat(best).isLessThanOrEqualTo(BOUND);
    }
}
