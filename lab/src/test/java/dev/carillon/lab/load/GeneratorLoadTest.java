package dev.carillon.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GeneratorLoadTest {
    @Test
    void a_load_generator_within_all_limits_is_valid() {
        assertThat(new GeneratorLoad(0.85, 0.85, 10_000, 20_000, 200_000).reasons())
                .isEmpty();
    }

    @Test
    void each_exceeded_limit_is_a_reason() {
        assertThat(new GeneratorLoad(0.86, 0, 0, 0, 0).reasons())
                .singleElement()
                .asString()
                .contains("reader", "86 %");
        assertThat(new GeneratorLoad(0, 0.9, 0, 0, 0).reasons())
                .singleElement()
                .asString()
                .contains("publisher");
        assertThat(new GeneratorLoad(0, 0, 11_000, 0, 0).reasons())
                .singleElement()
                .asString()
                .contains("delay", "11 ms");
        assertThat(new GeneratorLoad(0, 0, 0, 21_000, 0).reasons())
                .singleElement()
                .asString()
                .contains("99th");
        assertThat(new GeneratorLoad(0, 0, 0, 0, 201_000).reasons())
                .singleElement()
                .asString()
                .contains("maximum");
    }
}
