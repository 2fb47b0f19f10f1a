package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.load.FanoutResult;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table holds no number that means nothing. */
class FanoutTableTest {
    @Test
    void a_cost_below_noise_is_no_number() {
        FanoutResult.Nodes nodes = new FanoutResult.Nodes(7.5, 0.4, 0, 100 << 20, -3_113, -0.5);

        String text = new FanoutTable(FanoutPageTest.result(1_000, nodes)).text();

        assertThat(text)
                .containsPattern("processor time per delivery, us +7\\.500\n")
                .containsPattern("processor time per connect, us +not measurable \\(below noise\\)\n")
                .containsPattern("resident per connection, bytes +not measurable \\(below noise\\)\n")
                .containsPattern("live heap per connection, bytes +not measurable \\(below noise\\)\n")
                .doesNotContain("-3,113");
    }

    @Test
    void without_deliveries_there_are_no_latencies_and_no_costs_of_deliveries() {
        FanoutResult.Nodes nodes = new FanoutResult.Nodes(0, 0.4, 50, 100 << 20, 5_000, null);

        List<FanoutTable.Row> rows = new FanoutTable(FanoutPageTest.result(0, nodes)).rows();

        assertThat(rows)
                .filteredOn(row -> row.value().equals("none: there were no deliveries"))
                .extracting(FanoutTable.Row::name)
                .containsExactly("bytes per delivery", "all", "processor time per delivery, us");
        assertThat(rows).noneMatch(row -> row.name().equals("median"));
    }
}
