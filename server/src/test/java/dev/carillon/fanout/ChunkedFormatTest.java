package dev.carillon.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Bytes;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Live;
import dev.carillon.format.Gap;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.ChunkedBody;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkedFormatTest {
    private static final Live LIVE =
            new Live(Event.to(Scope.topic("a")).data("one\ntwo ü").build(), new Position(1, 7, 1), List.of());

    @Test
    void chunks_have_the_content_of_the_wrapped_format() throws IOException {
        for (WireFormat content :
                List.of(WireFormats.SSE, WireFormats.SSE_GZIP, WireFormats.MERCURE, WireFormats.MERCURE_GZIP)) {
            WireFormat chunked = WireFormats.chunked(content);
            assertThat(WireFormats.isChunked(chunked)).isTrue();
            assertThat(WireFormats.chunked(chunked)).isSameAs(chunked);
            assertThat(content(pieces(chunked))).isEqualTo(pieces(content));
        }
    }

    @Test
    void stream_has_no_last_chunk() {
        assertThat(WireFormats.chunked(WireFormats.MERCURE).end(CloseReason.DRAINING))
                .isEmpty();
        // A notice that the format omits must not become an empty chunk, which would end the body.
        assertThat(WireFormats.chunked(WireFormats.MERCURE).notice("carillon.open", "{}"))
                .isEmpty();
        assertThat(WireFormats.chunked(WireFormats.MERCURE_GZIP).notice("carillon.open", "{}"))
                .isEmpty();
    }

    @Test
    void websocket_frames_are_not_chunked() {
        assertThat(WireFormats.chunked(WireFormats.WEBSOCKET)).isSameAs(WireFormats.WEBSOCKET);
    }

    @Test
    void event_is_encoded_once_for_a_format_and_its_chunked_variant() {
        Formats formats = new Formats(WireFormats.ALL);
        int plain = formats.numberOf(WireFormats.SSE_GZIP);
        int chunked = formats.numberOf(WireFormats.chunked(WireFormats.SSE_GZIP));
        formats.opened(plain);
        formats.opened(chunked);
        int[] encoded = {0};
        Frame frame = new Frame(Frame.About.notice(1, List.of()), formats, format -> {
            encoded[0]++;
            return format.encode(LIVE, true);
        });

        assertThat(frame.bytes(chunked))
                .isEqualTo(WireFormats.chunked(WireFormats.SSE_GZIP).encode(LIVE, true));
        assertThat(frame.bytes(plain)).isEqualTo(WireFormats.SSE_GZIP.encode(LIVE, true));
        assertThat(encoded[0]).isEqualTo(1);
    }

    private static byte[] pieces(WireFormat format) {
        return Bytes.join(
                format.preamble(),
                format.retry(5),
                format.notice("carillon.open", "{}"),
                format.encode(LIVE, true),
                format.heartbeat(),
                format.notice(Gap.TYPE, "{}"),
                format.end(CloseReason.DRAINING));
    }

    private static byte[] content(byte[] chunks) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try {
            new ChunkedBody(new ByteArrayInputStream(chunks)).transferTo(content);
        } catch (EOFException e) {
            // Expected: the stream has no end.
        }
        return content.toByteArray();
    }
}
