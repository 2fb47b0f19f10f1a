package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.load.FanoutResult;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Values that are not meaningful are not printed as numbers. */
class FanoutTableTest {
    @Test
    void a_cost_below_noise_is_not_printed_as_a_number() {
        FanoutResult.Nodes nodes = new FanoutResult.Nodes(7.5, 0.4, 0, 100 << 20, -3_113, -0.5, null);

        String text = new FanoutTable(FanoutPageTest.result(1_000, nodes)).text();

        assertThat(text)
                .containsPattern("processor time per delivery, us +7\\.500\n")
                .containsPattern("processor time per connect, us +not measurable \\(below noise\\)\n")
                .containsPattern("resident memory per connection, bytes +not measurable \\(below noise\\)\n")
                .containsPattern("live heap per connection, bytes +not measurable \\(below noise\\)\n")
                .doesNotContain("-3,113");
    }

    @Test
    void latencies_and_costs_per_delivery_are_not_printed_without_deliveries() {
        FanoutResult.Nodes nodes = new FanoutResult.Nodes(0, 0.4, 50, 100 << 20, 5_000, null, null);

        List<FanoutTable.Row> rows = new FanoutTable(FanoutPageTest.result(0, nodes)).rows();

        assertThat(rows)
                .filteredOn(row -> row.value().equals("none (no deliveries)"))
                .extracting(FanoutTable.Row::name)
                .containsExactly("bytes per delivery", "all", "processor time per delivery, us");
        assertThat(rows).noneMatch(row -> row.name().equals("median"));
    }
}
