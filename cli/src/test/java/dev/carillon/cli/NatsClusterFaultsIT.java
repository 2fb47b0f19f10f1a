package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of the servers of a NATS cluster under the traffic of nodes and clients in processes of their own. */
@Tag("full")
@Tag("process")
@Tag("nats")
@Timeout(value = 90, unit = TimeUnit.MINUTES)
class NatsClusterFaultsIT {
    /** Duration of the random faults; half an hour finds more. */
    private static final int SECONDS = Integer.getInteger("carillon.nats.random.seconds", 180);

    private static final Duration LONGEST = Duration.ofSeconds(SECONDS).plusMinutes(20);

    @ParameterizedTest
    @ValueSource(strings = {"leader-kill", "majority-kill", "server-roll"})
    void no_event_is_lost_duplicated_or_reordered_and_no_epoch_begins(String fault, @TempDir Path dir)
            throws Exception {
        run(dir, "--fault", fault);

        List<String> opened = Files.readAllLines(dir.resolve("nodes.log")).stream()
                .filter(line -> line.contains("opened an epoch"))
                .map(line -> line.replaceAll(".*tenant=\"([^\"]*)\".*", "$1"))
                .toList();
        assertThat(opened).contains("default").doesNotHaveDuplicates();
    }

    @Test
    void no_event_is_lost_duplicated_or_reordered_in_random_faults(@TempDir Path dir) throws Exception {
        run(dir, "--fault", "random", "--seconds", Integer.toString(SECONDS));
    }

    private static void run(Path dir, String... more) throws Exception {
        Path out = dir.resolve("faults.json");
        List<String> arguments = new ArrayList<>(List.of("faults", "--broker", "nats-cluster", "--connections", "60"));
        arguments.addAll(List.of(
                "--json", out.toString(), "--log", dir.resolve("nodes.log").toString()));
        arguments.addAll(List.of(more));
        try (CommandProcess faults = CommandProcess.start(Map.of(), arguments.toArray(String[]::new))) {
            int status = faults.status(LONGEST);
            JsonNode one = JsonMapper.builder().build().readTree(out.toFile()).path(0);
            assertThat(status).as(one.toPrettyString() + faults.err()).isZero();
            assertThat(one.path("clean").booleanValue())
                    .as(one.toPrettyString())
                    .isTrue();
            assertThat(one.path("acknowledged").intValue()).isGreaterThan(50);
        }
    }
}
