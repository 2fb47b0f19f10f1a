package dev.carillon.page.multipart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MultipartReaderTest {
    private static final String TYPE = "multipart/form-data; boundary=abc";

    /** Returns a few bytes at a time, as a slow client does. */
    private static final class Dripping extends InputStream {
        private final InputStream in;
        private final Random random;

        Dripping(byte[] bytes, long seed) {
            in = new ByteArrayInputStream(bytes);
            random = new Random(seed);
        }

        @Override
        public int read() throws IOException {
            return in.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return in.read(into, offset, Math.min(length, 1 + random.nextInt(7)));
        }
    }

    private record Read(String name, @Nullable String fileName, String content) {}

    private static List<Read> read(InputStream in, String type) throws IOException {
        MultipartReader reader = new MultipartReader(in, type);
        List<Read> all = new ArrayList<>();
        for (MultipartReader.Part part = reader.next(); part != null; part = reader.next()) {
            all.add(new Read(
                    part.name(),
                    part.fileName(),
                    new String(part.content().readAllBytes(), StandardCharsets.ISO_8859_1)));
        }
        return all;
    }

    private static List<Read> read(String body) throws IOException {
        return read(new ByteArrayInputStream(body.getBytes(StandardCharsets.ISO_8859_1)), TYPE);
    }

    private static String part(String disposition, String content) {
        return "--abc\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
    }

    @Test
    void name_may_be_long() throws IOException {
        String name = "n".repeat(3_900);

        assertThat(read(part("name=\"a\"; filename=\"" + name + "\"", "1") + "--abc--"))
                .singleElement()
                .extracting(Read::fileName)
                .isEqualTo(name);
    }

    @Test
    void parts_are_read_in_their_order_whatever_the_pieces_in_which_they_arrive() throws IOException {
        String tricky = "\r\n--ab\r\n--abx".repeat(3) + "\r\n-" + "x".repeat(40_000) + "\r\n--ab";
        String body = part("name=\"a\"", "1") + part("name=\"b\"; filename=\"f.txt\"", tricky) + part("name=c", "")
                + "--abc--\r\nepilogue";
        // A line that begins with the delimiter ends the part, so the content must not have one.
        String content = tricky.replace("--abx", "--abX".replace("abX", "aBx"));
        body = body.replace(tricky, content);

        for (int seed = 0; seed < 20; seed++) {
            assertThat(read(new Dripping(body.getBytes(StandardCharsets.ISO_8859_1), seed), TYPE))
                    .containsExactly(
                            new Read("a", null, "1"), new Read("b", "f.txt", content), new Read("c", null, ""));
        }
    }

    @Test
    void names_are_decoded_as_browsers_encode_them() throws IOException {
        assertThat(read(part("name=\"a%22b%0D%0A\"; filename=\"q \\\"x\\\" ; y.txt\"", "1") + "--abc--"))
                .containsExactly(new Read("a\"b\r\n", "q \"x\" ; y.txt", "1"));
    }

    @Test
    void part_that_is_not_read_is_skipped() throws IOException {
        String body = part("name=a; filename=f", "x".repeat(100_000)) + part("name=b", "2") + "--abc--";
        MultipartReader reader =
                new MultipartReader(new ByteArrayInputStream(body.getBytes(StandardCharsets.ISO_8859_1)), TYPE);

        MultipartReader.Part first = reader.next();
        MultipartReader.Part second = Objects.requireNonNull(reader.next());

        assertThat(first).isNotNull();
        assertThat(new String(second.content().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("2");
        assertThat(reader.next()).isNull();
    }

    @Test
    void malformed_forms_are_refused() {
        for (String body : List.of(
                "",
                "x",
                "--abd--",
                "preamble\r\n--abc--",
                "--abc",
                "--abc\r\n",
                "--abc \r\n\r\n",
                "--abc\r\n\r\n\r\n--abc--",
                "--abc\r\nno colon\r\n\r\n--abc--",
                "--abc\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--abc--",
                "--abc\r\nContent-Disposition: form-data; filename=a\r\n\r\n1\r\n--abc--",
                "--abc\r\nX: " + "x".repeat(5_000) + "\r\n\r\n1\r\n--abc--",
                part("name=a", "1"),
                part("name=a", "1") + "--abc-")) {
            assertThatThrownBy(() -> read(body))
                    .as(body)
                    .isInstanceOfSatisfying(
                            CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
        }
        for (String type : List.of(
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "text/plain; boundary=abc",
                "multipart/form-data; boundary=" + "x".repeat(71) + ";")) {
            assertThatThrownBy(() -> new MultipartReader(InputStream.nullInputStream(), type))
                    .as(type)
                    .isInstanceOf(CarillonException.class);
        }
    }
}
