package dev.carillon.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScalingLawTest {
    @Test
    void coefficients_of_an_exact_law_are_found_again() {
        ScalingLaw exact = new ScalingLaw(50_000, 0.05, 0.002);
        Map<Integer, Double> values = Stream.of(1, 2, 4, 8).collect(Collectors.toMap(nodes -> nodes, exact::of));

        ScalingLaw fitted = ScalingLaw.fit(values).orElseThrow();

        assertThat(fitted.rate()).isCloseTo(50_000, within(1e-3));
        assertThat(fitted.contention()).isCloseTo(0.05, within(1e-9));
        assertThat(fitted.coherence()).isCloseTo(0.002, within(1e-9));
    }

    @Test
    void better_than_linear_scaling_has_no_negative_coefficients() {
        ScalingLaw fitted = ScalingLaw.fit(Map.of(1, 100.0, 2, 210.0, 4, 450.0)).orElseThrow();

        assertThat(fitted.contention()).isZero();
        assertThat(fitted.coherence()).isZero();
    }

    @Test
    void two_numbers_of_nodes_are_too_few() {
        assertThat(ScalingLaw.fit(Map.of(1, 100.0, 2, 190.0))).isEmpty();
    }
}
