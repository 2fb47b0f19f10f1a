package dev.carillon.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EarlyEndTest {
    /** 1,000 deliveries a second are due. */
    private static final ScalePoint POINT = SampleResults.point(2, 1_000, 10);

    @Test
    void a_point_ends_when_less_than_half_of_the_deliveries_arrive() {
        assertThat(EarlyEnd.after(SampleResults.run(499, 1_000, List.of()), POINT))
                .hasValue("rule half: 50 % of the deliveries that were due arrived, less than half");
        assertThat(EarlyEnd.after(SampleResults.run(501, 1_000, List.of()), POINT))
                .isEmpty();
    }

    @Test
    void a_point_ends_when_deliveries_take_more_than_five_seconds() {
        assertThat(EarlyEnd.after(SampleResults.run(1_000, 5_100_000, List.of()), POINT))
                .hasValueSatisfying(
                        reason -> assertThat(reason).startsWith("rule delay: ").contains("5.1 s"));
        assertThat(EarlyEnd.after(SampleResults.run(1_000, 4_900_000, List.of()), POINT))
                .isEmpty();
    }
}
