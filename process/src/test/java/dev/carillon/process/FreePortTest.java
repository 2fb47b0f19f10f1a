package dev.carillon.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FreePortTest {
    /** Where Linux, by itself, begins with those of outgoing connections. */
    private static final int OUTGOING = 32_768;

    @Test
    void no_port_is_given_twice_nor_one_that_an_outgoing_connection_may_take() {
        List<Integer> ports = IntStream.range(0, 300)
                .map(i -> ServerProcess.freePort())
                .boxed()
                .toList();

        assertThat(ports)
                .doesNotHaveDuplicates()
                .allSatisfy(port -> assertThat(port).isBetween(1_024, OUTGOING - 1));
    }
}
