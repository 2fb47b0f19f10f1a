package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.scale.LimitRun;
import dev.carillon.lab.scale.SampleResults;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitTableTest {
    private static String table(String unfinished) {
        LimitRun.Limit limit =
                new LimitRun.Limit(SampleResults.point(1, 1_000, 10), 200, 400, "the broker", unfinished, List.of());
        return new LimitTable(limit, 50_000).text();
    }

    @Test
    void a_result_says_that_the_search_did_not_finish() {
        assertThat(table("the steps were used up (--steps)"))
                .contains("The search ended before the rate was known to a tenth: the steps were used up (--steps).\n");
        assertThat(table("")).doesNotContain("tenth").contains("Limit: the broker\n");
    }
}
