package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rolling restarts under event streams, WebSockets and subscribers of the hub, behind each proxy that checks health, with each broker. */
@Tag("full")
@Tag("process")
@Tag("redis")
@Tag("nats")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class RollingRestartIT {
    private static final int CLIENTS = 600;
    private static final Duration LONGEST = Duration.ofMinutes(15);

    @ParameterizedTest
    @ValueSource(strings = {"embedded", "haproxy", "caddy"})
    void clients_of_all_kinds_have_no_disadvantage(String proxy, @TempDir Path dir) throws Exception {
        Path out = dir.resolve("faults.json");

        try (CommandProcess faults = CommandProcess.start(
                Map.of(),
                "faults",
                "--api",
                "mixed",
                "--proxy",
                proxy,
                "--connections",
                Integer.toString(CLIENTS),
                "--charts",
                dir.toString(),
                "--json",
                out.toString())) {
            assertThat(faults.status(LONGEST)).as(faults.err().toString()).isZero();
        }

        JsonNode runs = JsonMapper.builder().build().readTree(out.toFile());
        assertThat(runs.findValuesAsText("fault"))
                .containsExactly("roll", "roll", "roll-broker-restart", "roll-broker-restart");
        for (JsonNode run : runs) {
            assertThat(run.path("clean").booleanValue())
                    .as(run.toPrettyString())
                    .isTrue();
            assertThat(run.path("restart").path("moved").intValue()).isEqualTo(CLIENTS);
            assertThat(dir.resolve(run.path("fault").asText() + "-mixed-"
                            + run.path("broker").asText() + "-" + proxy + ".svg"))
                    .content()
                    .contains("node n3 drains", "<rect");
        }
    }
}
