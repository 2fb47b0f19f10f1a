package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.faults.Audience;
import dev.carillon.lab.faults.Fault;
import dev.carillon.lab.faults.FaultRun;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FaultMatrixTest {
    private static final FaultRun.Plan KILL = plan("redis", Fault.NODE_KILL);
    private static final FaultRun.Plan CUT = plan("nats", Fault.LINK_CUT);

    private final FaultMatrix matrix = new FaultMatrix(List.of(
            new FaultRun.NotMeasured(CUT, "n2 did not serve\nwithin | 90 s"),
            new FaultRun.Result(
                    KILL,
                    Verdict.of(new Ledger("run", List.of(), List.of())),
                    OptionalLong.of(1_200),
                    List.of(50L << 20),
                    Optional.empty(),
                    Optional.empty())));

    @Test
    void a_run_that_was_not_measured_is_a_row_with_the_reason_in_one_line() {
        List<String> lines = matrix.text().lines().toList();

        assertThat(lines).hasSize(3);
        assertThat(lines.get(1)).matches("link-cut +nats +not measured: n2 did not serve.within \\| 90 s");
        assertThat(lines.get(2)).matches("node-kill +redis( +0){11} +1\\.2 s +50 MiB");
        // The reason does not widen a column.
        assertThat(lines.get(0)).startsWith("fault      broker  broadcast  acknowledged");
    }

    @Test
    void every_markdown_row_has_all_cells() {
        assertThat(matrix.markdown().lines())
                .hasSize(4)
                .allSatisfy(
                        row -> assertThat(row.split("(?<!\\\\)\\|", -1)).as(row).hasSize(2 + 11 + 2 + 2));
    }

    @Test
    void json_has_reasons_and_measurements() throws Exception {
        JsonNode runs = JsonMapper.builder().build().readTree(matrix.json());

        assertThat(runs.findValuesAsText("fault")).containsExactly("link-cut", "node-kill");
        assertThat(runs.path(0).path("notMeasured").textValue()).startsWith("n2 did not serve");
        assertThat(runs.path(0).path("clean").booleanValue()).isFalse();
        assertThat(runs.path(0).has("lost")).isFalse();
        assertThat(runs.path(1).has("notMeasured")).isFalse();
        assertThat(runs.path(1).path("lost").intValue()).isZero();
        assertThat(runs.path(1).path("recoveryMillis").longValue()).isEqualTo(1_200);
    }

    private static FaultRun.Plan plan(String broker, Fault fault) {
        return new FaultRun.Plan(
                Audience.EVENTS,
                broker,
                fault,
                60,
                new FaultRun.Length(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(2), 1),
                Optional.empty());
    }
}
