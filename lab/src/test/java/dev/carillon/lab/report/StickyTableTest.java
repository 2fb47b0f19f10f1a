package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.sticky.ActionKind;
import dev.carillon.lab.sticky.StickyPlan;
import dev.carillon.lab.sticky.StickyResult;
import dev.carillon.lab.sticky.Variant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StickyTableTest {
    private static final StickyPlan PLAN = new StickyPlan(List.of(2), 4_000, 1, 10, "memory", ActionKind.CPU);

    private static StickyResult.Row row(Variant variant, long right, boolean exact, double factor) {
        return new StickyResult.Row(
                2, variant, 1_000, right, exact, 500 / factor, 1_000 * factor, 4_000, 200 * factor, 1, 50, factor - 1);
    }

    private static StickyResult result(StickyResult.Row random) {
        return new StickyResult(
                PLAN,
                List.of(
                        row(Variant.STICKY, 1_000, true, 1),
                        random,
                        row(Variant.STICKY_WITHOUT_OWNER, 1_000, true, 1),
                        row(Variant.RANDOM_WITHOUT_OWNER, 503, true, 1)));
    }

    @Test
    void table_has_a_line_for_each_variant_and_the_ratios_of_random_routing() {
        StickyResult result = result(row(Variant.RANDOM, 1_000, true, 1.5));

        assertThat(new StickyTable(result).markdown())
                .contains("| 2 | no | on | 100.00 % | exact | 333 | 1.50 | 4.00 | 300 | 1.00 | 50 | 0.50 |")
                .contains("| 2 | no | off | 50.30 % | exact |")
                .contains("| 2 | 1.50 | 1.00 | 0.67 | 1.50 | 200 | 1.00 |");
        assertThat(new StickyTable(result).text()).contains("4,000 actions of 10 tabs", "50.30 %");
        assertThat(result.right()).isTrue();
    }

    @Test
    void wrong_answer_or_count_with_owner_routing_is_a_failure_and_never_rounded_away() {
        StickyResult wrong = result(row(Variant.RANDOM, 999, true, 1));
        StickyResult inexact = result(row(Variant.RANDOM, 1_000, false, 1));

        assertThat(wrong.right()).isFalse();
        assertThat(new StickyTable(wrong).text()).contains("99.90 %");
        assertThat(inexact.right()).isFalse();
        assertThat(new StickyTable(inexact).text()).contains("WRONG");
    }
}
