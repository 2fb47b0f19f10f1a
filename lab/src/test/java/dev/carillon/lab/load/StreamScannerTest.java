package dev.carillon.lab.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class StreamScannerTest {
    private static final String LONG = PayloadHeader.text(7, 1, 2, 3, 4) + "x".repeat(70_000);

    /** The findings of a scanner as text. */
    private static final class Found implements StreamScanner.Sink {
        final List<String> all = new ArrayList<>();
        private final PayloadHeader header = new PayloadHeader();

        @Override
        public void event(byte[] bytes, int from, int to) {
            all.add(
                    header.read(bytes, from, to)
                            ? header.run + "/" + header.topic + "/" + header.connection + "/" + header.sequence + "/"
                                    + header.nanos
                            : "other");
        }

        @Override
        public void gap(byte[] bytes, int from, int to) {
            all.add("gap");
        }

        @Override
        public void ping(byte[] bytes, int from, int to) {
            all.add("ping " + new String(bytes, from, to - from, StandardCharsets.UTF_8));
        }

        @Override
        public void closing() {
            all.add("closing");
        }
    }

    private static final byte[] STREAM = (": hello\nretry: 700\n\nevent: carillon.open\ndata: {\"node\":\"n\"}\n\n"
                    + "id: 1\ndata: @7,0,0,1,9,xxx\n\n: quiet\n\nid: 2\r\ndata:@7,0,0,2,10,xxx\r\n\r\n"
                    + "event: carillon.gap\ndata: {}\n\ndata: " + LONG + "\n\ndata: @7,0,0,3,11,never ended\n")
            .getBytes(StandardCharsets.UTF_8);
    private static final List<String> FOUND = List.of("other", "7/0/0/1/9", "7/0/0/2/10", "gap", "7/1/2/3/4");

    @Test
    void events_of_a_stream_are_found_in_pieces_of_any_size() throws Exception {
        for (int cut = 1; cut < 300; cut++) {
            Found found = new Found();
            feed(new SseScanner(found), STREAM, cut);
            assertThat(found.all).as("in pieces of %d", cut).isEqualTo(FOUND);
        }
    }

    @Test
    void a_compressed_stream_is_decompressed_incrementally() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed, true)) {
            for (int i = 0; i < STREAM.length; i += 1_000) {
                gzip.write(STREAM, i, Math.min(1_000, STREAM.length - i));
                gzip.flush();
            }
            // Without the gzip trailer, which a stream does not have.
            for (int cut = 1; cut < 100; cut += 3) {
                Found found = new Found();
                GzipScanner scanner = new GzipScanner(new SseScanner(found), new byte[512]);
                feed(scanner, packed.toByteArray(), cut);
                scanner.end();
                assertThat(found.all).as("in pieces of %d", cut).isEqualTo(FOUND);
            }
        }
    }

    @Test
    void a_stream_that_is_not_gzip_is_an_error() {
        GzipScanner scanner = new GzipScanner(new SseScanner(new Found()), new byte[512]);

        assertThatThrownBy(() -> feed(scanner, STREAM, 10)).isInstanceOf(ProtocolException.class);
        scanner.end();
    }

    @Test
    void events_of_a_web_socket_are_found_in_pieces_of_any_size() throws Exception {
        byte[] frames = frames();
        for (int cut = 1; cut < 300; cut++) {
            Found found = new Found();
            feed(new WebSocketScanner(found), frames, cut);
            assertThat(found.all)
                    .as("in pieces of %d", cut)
                    .containsExactly("other", "7/0/0/1/9", "ping ab", "ping ", "gap", "7/1/2/3/4", "closing");
        }
    }

    private static byte[] frames() throws IOException {
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        frame(frames, 0x81, "{\"type\":\"open\",\"node\":\"n\"}");
        frame(
                frames,
                0x81,
                "{\"type\":\"event\",\"scopes\":[\"topic:a\"],\"id\":\"urn:uuid:1\",\"data\":\"@7,0,0,1,9,xxx\"}");
        frame(frames, 0x89, "ab");
        frame(frames, 0x89, "");
        frame(frames, 0x81, "{\"type\":\"gap\",\"reason\":\"slow\"}");
        frame(
                frames,
                0x81,
                "{\"type\":\"event\",\"scopes\":[\"topic:a\"],\"id\":\"urn:uuid:2\",\"data\":\"" + LONG + "\"}");
        frame(frames, 0x88, "ab");
        return frames.toByteArray();
    }

    static void frame(ByteArrayOutputStream to, int first, String text) throws IOException {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        to.write(first);
        if (payload.length < 126) {
            to.write(payload.length);
        } else if (payload.length < 65_536) {
            to.write(126);
            to.write(ByteBuffer.allocate(2).putShort((short) payload.length).array());
        } else {
            to.write(127);
            to.write(ByteBuffer.allocate(8).putLong(payload.length).array());
        }
        to.write(payload);
    }

    @Test
    void a_frame_that_a_server_must_not_send_is_an_error() {
        assertThatThrownBy(() -> feed(new WebSocketScanner(new Found()), new byte[] {(byte) 0x81, (byte) 0x85}, 2))
                .isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> feed(new WebSocketScanner(new Found()), new byte[] {1, 5}, 2))
                .isInstanceOf(ProtocolException.class);
    }

    /** The example of RFC 6455, section 1.3. */
    @Test
    void the_key_of_a_web_socket_is_checked() {
        assertThat(WebSocketOpening.accept("dGhlIHNhbXBsZSBub25jZQ==")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assertThatThrownBy(() -> new WebSocketOpening().check(List.of("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")))
                .isInstanceOf(ProtocolException.class);
    }

    @Test
    void a_pong_is_masked_and_has_the_data_of_its_ping() {
        ByteBuffer pong = WebSocketOpening.pong("xabc".getBytes(StandardCharsets.UTF_8), 1, 4);

        assertThat(pong.get() & 0xFF).isEqualTo(0x8A);
        assertThat(pong.get() & 0xFF).isEqualTo(0x83);
        byte[] mask = new byte[4];
        pong.get(mask);
        StringBuilder data = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            data.append((char) (pong.get() ^ mask[i]));
        }
        assertThat(data.toString()).isEqualTo("abc");
        assertThat(pong.hasRemaining()).isFalse();
    }

    @Test
    void a_header_fits_into_the_smallest_payload() {
        String largest = PayloadHeader.text(99_999_999, 9_999, 999, 9_999_999_999L, 7_300_000_000_000L);

        assertThat(largest.length()).isLessThanOrEqualTo(PayloadHeader.MIN_BYTES);
        assertThat(PayloadHeader.payload(largest, 80)).hasSize(80);
    }

    private static void feed(StreamScanner scanner, byte[] bytes, int cut) throws ProtocolException {
        for (int i = 0; i < bytes.length; i += cut) {
            scanner.scan(bytes, i, Math.min(bytes.length, i + cut));
        }
    }
}
