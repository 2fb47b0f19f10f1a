package dev.carillon.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StrainTest {
    @Test
    void a_load_generator_with_time_to_spare_is_valid() {
        assertThat(new Strain(0.85, 0.85, 10_000, 20_000, 200_000).reasons()).isEmpty();
    }

    @Test
    void each_way_of_being_the_bottleneck_is_a_reason() {
        assertThat(new Strain(0.86, 0, 0, 0, 0).reasons())
                .singleElement()
                .asString()
                .contains("reading", "86 %");
        assertThat(new Strain(0, 0.9, 0, 0, 0).reasons())
                .singleElement()
                .asString()
                .contains("broadcasting");
        assertThat(new Strain(0, 0, 11_000, 0, 0).reasons())
                .singleElement()
                .asString()
                .contains("late", "11 ms");
        assertThat(new Strain(0, 0, 0, 21_000, 0).reasons())
                .singleElement()
                .asString()
                .contains("99th");
        assertThat(new Strain(0, 0, 0, 0, 201_000).reasons())
                .singleElement()
                .asString()
                .contains("worst");
    }
}
