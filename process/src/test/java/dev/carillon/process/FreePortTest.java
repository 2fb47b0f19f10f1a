package dev.carillon.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FreePortTest {
    /** Default start of Linux's ephemeral range, from which outgoing connections get their ports. */
    private static final int EPHEMERAL = 32_768;

    @Test
    void ports_are_unique_and_outside_the_ephemeral_range() {
        List<Integer> ports = IntStream.range(0, 300)
                .map(i -> ServerProcess.freePort())
                .boxed()
                .toList();

        assertThat(ports)
                .doesNotHaveDuplicates()
                .allSatisfy(port -> assertThat(port).isBetween(1_024, EPHEMERAL - 1));
    }
}
