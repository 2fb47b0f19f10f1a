package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.broker.Store;
import dev.carillon.broker.redis.script.Frames;
import dev.carillon.scope.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Redis delivers bytes of any writer. */
class FramesTest {
    private static final byte[] GOOD = change(7, 4, "namevalue");

    @Test
    void change_survives_encoding_and_decoding() {
        Store.Change change = Frames.change(Tenant.DEFAULT, "kind", GOOD);

        assertThat(change.key().name()).isEqualTo("name");
        assertThat(change.entry()).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MAX_VALUE, 1 << 30, 10, -1, Integer.MIN_VALUE})
    void length_beyond_the_frame_is_refused_before_allocation(int length) {
        assertThatThrownBy(() -> Frames.change(Tenant.DEFAULT, "kind", change(7, length, "namevalue")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a name of " + length + " bytes in a change of 21");
    }

    /** Subscriptions catch it and continue with the next message. */
    @Test
    void every_malformed_frame_fails_with_a_runtime_exception() {
        Random random = new Random(3);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] frame = Arrays.copyOf(GOOD, random.nextInt(GOOD.length + 1));
            for (int n = random.nextInt(4); n > 0 && frame.length > 0; n--) {
                frame[random.nextInt(frame.length)] = (byte) random.nextInt();
            }
            try {
                Frames.change(Tenant.DEFAULT, "kind", frame);
                read++;
                Frames.live(Frames.wire(frame));
            } catch (RuntimeException e) {
                // Declared.
            }
        }
        assertThat(read).isPositive();
    }

    private static byte[] change(long revision, int length, String rest) {
        byte[] bytes = rest.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + Integer.BYTES + bytes.length)
                .putLong(revision)
                .putInt(length)
                .put(bytes)
                .array();
    }
}
