package dev.carillon.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Bytes;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class GzipFormatTest {
    private final WireFormat plain = WireFormats.SSE;
    private final WireFormat gzip = WireFormats.SSE_GZIP;

    private static Live live(String data) {
        return new Live(Event.to(Scope.topic("a")).data(data).build(), new Position(1, 7, 1), List.of());
    }

    private static String random(int length) {
        Random random = new Random(3);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) (' ' + random.nextInt(95)));
        }
        return text.toString();
    }

    /** Decompresses a stream that has not ended. */
    private static String inflated(byte[] bytes) throws IOException {
        byte[] all = new byte[4 * 1024 * 1024];
        int n = 0;
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            int read = 0;
            while (read >= 0) {
                n += read;
                read = in.read(all, n, all.length - n);
            }
        } catch (EOFException e) {
            // Expected: the stream has no end.
        }
        return new String(all, 0, n, StandardCharsets.UTF_8);
    }

    @Test
    void pieces_can_be_concatenated_in_any_order() throws IOException {
        byte[] small = gzip.encode(live("small"), true);
        byte[] large = gzip.encode(live("large ".repeat(1_000)), true);
        byte[] stored = gzip.encode(live(random(200_000)), true);
        byte[] all = Bytes.join(
                gzip.preamble(),
                gzip.retry(5),
                large,
                small,
                stored,
                large,
                gzip.heartbeat(),
                large,
                gzip.notice("t", "d"));

        byte[] largePlain = plain.encode(live("large ".repeat(1_000)), true);
        assertThat(inflated(all))
                .isEqualTo(new String(
                        Bytes.join(
                                plain.retry(5),
                                largePlain,
                                plain.encode(live("small"), true),
                                plain.encode(live(random(200_000)), true),
                                largePlain,
                                plain.heartbeat(),
                                largePlain,
                                plain.notice("t", "d")),
                        StandardCharsets.UTF_8));
    }

    @Test
    void first_piece_can_be_decompressed_without_later_ones() throws IOException {
        byte[] first = Bytes.join(gzip.preamble(), gzip.encode(live("first ".repeat(50)), true));

        assertThat(inflated(first))
                .isEqualTo(new String(plain.encode(live("first ".repeat(50)), true), StandardCharsets.UTF_8));
    }

    @Test
    void pieces_end_with_an_empty_block_so_that_decoders_flush() {
        for (byte[] piece : List.of(
                gzip.encode(live("small"), true),
                gzip.encode(live("large ".repeat(1_000)), true),
                gzip.encode(live(random(200_000)), true),
                gzip.heartbeat(),
                gzip.retry(5),
                WireFormats.MERCURE_GZIP.preamble())) {
            assertThat(Arrays.copyOfRange(piece, piece.length - 4, piece.length))
                    .containsExactly(0, 0, 0xff, 0xff);
        }
    }

    @Test
    void text_is_compressed_and_incompressible_data_grows_by_a_few_bytes() {
        String text = "{\"name\":\"carillon\",\"value\":1234}".repeat(40);
        assertThat(gzip.encode(live(text), true).length).isLessThan(plain.encode(live(text), true).length / 5);
        assertThat(gzip.encode(live("x"), true)).hasSize(plain.encode(live("x"), true).length + 10);
        String noise = random(200_000);
        assertThat(gzip.encode(live(noise), true).length).isLessThanOrEqualTo(Text.utf8(noise).length + 200 + 5 * 5);
    }
}
