package dev.carillon.broker.nats.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BroadcastsTest {
    @Test
    void waits_for_a_pending_event_double_up_to_320_ms() {
        assertThat(LongStream.iterate(20, Broadcasts::afterPending).limit(7))
                .containsExactly(20L, 40L, 80L, 160L, 320L, 320L, 320L);
    }
}
