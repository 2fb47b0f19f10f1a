package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.testkit.RawHttp2;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameLimiterTest {
    private final AtomicLong now = new AtomicLong();
    private final FrameLimiter meter = begun(now::get);

    @ParameterizedTest
    @ValueSource(ints = {RawHttp2.PRIORITY, RawHttp2.RST_STREAM, RawHttp2.SETTINGS, RawHttp2.PING, 99})
    void control_frames_beyond_the_burst_are_refused_until_the_rate_allows_more(int type) throws IOException {
        byte[] frame = RawHttp2.frame(type, 0, 0, new byte[8]);
        for (int i = 0; i < FrameLimiter.CONTROL_BURST; i++) {
            receive(frame);
        }
        assertThatThrownBy(() -> receive(frame)).isInstanceOf(IOException.class);

        now.addAndGet(TimeUnit.SECONDS.toNanos(5));
        for (int i = 0; i < 4 * FrameLimiter.CONTROL_PER_SECOND; i++) {
            receive(frame);
        }
    }

    @Test
    void empty_data_is_a_control_frame_unless_it_ends_its_stream() throws IOException {
        byte[] last = RawHttp2.frame(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[0]);
        byte[] empty = RawHttp2.frame(RawHttp2.DATA, 0, 1, new byte[0]);
        for (int i = 0; i < 2 * FrameLimiter.CONTROL_BURST; i++) {
            receive(last);
        }
        for (int i = 0; i < FrameLimiter.CONTROL_BURST; i++) {
            receive(empty);
        }
        assertThatThrownBy(() -> receive(empty)).isInstanceOf(IOException.class);
    }

    @Test
    void requests_and_data_are_not_counted() throws IOException {
        byte[] head = RawHttp2.head(1, true, "GET", "/");
        byte[] data = RawHttp2.frame(RawHttp2.DATA, 0, 1, new byte[FrameLimiter.MAX_PAYLOAD]);
        for (int i = 0; i < 10 * FrameLimiter.CONTROL_BURST; i++) {
            receive(head);
            receive(data);
        }
    }

    @Test
    void window_updates_are_allowed_in_proportion_to_the_sent_data() throws IOException {
        byte[] update = RawHttp2.frame(RawHttp2.WINDOW_UPDATE, 0, 0, RawHttp2.number(1));
        for (int i = 0; i < 10 * FrameLimiter.WINDOW_BURST; i++) {
            meter.sent(30);
            receive(update);
            receive(update);
        }
        for (int i = 2; i < FrameLimiter.WINDOW_BURST; i++) {
            receive(update);
        }
        assertThatThrownBy(() -> receive(update)).isInstanceOf(IOException.class);
    }

    @Test
    void endless_header_block_is_refused() throws IOException {
        receive(RawHttp2.frame(RawHttp2.HEADERS, 0, 1, RawHttp2.block("GET", "/")));
        byte[] more = RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1, new byte[10]);
        for (int i = 0; i < FrameLimiter.MAX_CONTINUATIONS; i++) {
            receive(more);
        }
        assertThatThrownBy(() -> receive(more)).isInstanceOf(IOException.class);
    }

    @Test
    void frames_beyond_the_announced_size_are_refused() {
        assertThatThrownBy(() -> receive(RawHttp2.frame(RawHttp2.DATA, 0, 1, new byte[FrameLimiter.MAX_PAYLOAD + 1])))
                .isInstanceOf(IOException.class);
    }

    @Test
    void frames_are_recognised_however_their_bytes_are_split() throws IOException {
        byte[] frame = RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]);
        for (int i = 0; i < FrameLimiter.CONTROL_BURST; i++) {
            int split = i % frame.length;
            meter.received(ByteBuffer.wrap(frame, 0, split));
            meter.received(ByteBuffer.wrap(frame, split, frame.length - split));
        }
        meter.received(ByteBuffer.wrap(frame, 0, 8));
        assertThatThrownBy(() -> meter.received(ByteBuffer.wrap(frame, 8, 1))).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {RawHttp2.DATA, RawHttp2.HEADERS, RawHttp2.PING, 99})
    void connection_that_does_not_start_with_settings_is_refused(int type) {
        FrameLimiter fresh = new FrameLimiter(now::get);
        assertThatThrownBy(() -> fresh.received(ByteBuffer.wrap(RawHttp2.frame(type, 0, 1, new byte[8]))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("SETTINGS");
    }

    /** Returns a limiter that has received the first frame, which is not counted. */
    private static FrameLimiter begun(LongSupplier nanoTime) {
        FrameLimiter meter = new FrameLimiter(nanoTime);
        try {
            meter.received(ByteBuffer.wrap(RawHttp2.frame(RawHttp2.SETTINGS, 0, 0, new byte[0])));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return meter;
    }

    private void receive(byte[] bytes) throws IOException {
        meter.received(ByteBuffer.wrap(bytes));
    }
}
