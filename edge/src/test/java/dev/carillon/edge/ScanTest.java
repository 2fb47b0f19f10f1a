package dev.carillon.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The scans of heads and chunks: their verdict does not depend on how the bytes are split, and random bytes cause no failure. */
class ScanTest {
    private static final String HEAD = "POST http://h:80/a?b HTTP/1.1\r\nHost: h:80\r\nX:\t\u00fc \r\n\r\n";
    private static final String BODY = "a;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n";
    private static final int ROUNDS = 20_000;
    private static final String ODD = "\r\n\0\t :;0aFg\u00ff";

    @Test
    void verdict_on_a_changed_head_does_not_depend_on_how_it_was_split() {
        Random random = new Random(7);
        for (int i = 0; i < ROUNDS; i++) {
            String bytes = changed(HEAD, random);
            assertThat(head(bytes, 1)).as(bytes).isEqualTo(head(bytes, bytes.length()));
        }
        assertThat(head(HEAD, 1)).isEqualTo("done");
    }

    @Test
    void host_is_a_name_or_an_address_with_an_optional_port() {
        for (String host : List.of("", "h", "h:", ":80", "h_1", "a-b.c:1", "127.0.0.1:65535", "h:00080", "[::1]:8")) {
            assertThat(head(withHost(host), 1)).as(host).isEqualTo("done");
        }
        for (String host :
                List.of("h:0", "h:65536", "h:000080", "h:99999999999", "h:8a", "h:8:8", "h h", "h/", "[h]")) {
            assertThat(head(withHost(host), 1)).as(host).contains("the header Host must be a host");
        }
    }

    private static String withHost(String host) {
        return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    }

    @Test
    void verdict_on_a_changed_body_does_not_depend_on_how_it_was_split() {
        Random random = new Random(7);
        for (int i = 0; i < ROUNDS; i++) {
            String bytes = changed(BODY, random);
            assertThat(body(bytes, 1, 100)).as(bytes).isEqualTo(body(bytes, bytes.length(), 100));
        }
        assertThat(body(BODY, 1, 10)).isEqualTo("done");
    }

    @Test
    void body_beyond_the_limit_is_refused_before_its_data() {
        assertThat(body("b\r\n", 1, 10)).contains("TOO_LARGE");
        assertThat(body("a\r\n0123456789\r\n1\r\n", 1, 10)).contains("TOO_LARGE");
        assertThat(body("7fffffffffffffff\r\n", 1, Long.MAX_VALUE)).contains("BAD_REQUEST");
    }

    @Test
    void extensions_of_all_chunks_have_one_limit() {
        String chunk = "1;" + "x".repeat(250) + "\r\n.\r\n";
        assertThat(body(chunk.repeat(60), 16, 1_000)).isEqualTo("more");
        assertThat(body(chunk.repeat(70), 16, 1_000)).contains("extensions");
    }

    @Test
    void bytes_after_a_head_or_body_are_ignored() {
        assertThat(head(HEAD + "\0\n", 3)).isEqualTo("done");
        assertThat(body(BODY + "\0\n", 3, 10)).isEqualTo("done");
    }

    private static String changed(String text, Random random) {
        StringBuilder bytes = new StringBuilder(text);
        int changes = random.nextInt(3);
        for (int i = 0; i < changes; i++) {
            char odd = ODD.charAt(random.nextInt(ODD.length()));
            int at = random.nextInt(bytes.length());
            switch (random.nextInt(3)) {
                case 0 -> bytes.setCharAt(at, odd);
                case 1 -> bytes.insert(at, odd);
                default -> bytes.deleteCharAt(at);
            }
        }
        return bytes.toString();
    }

    private static String head(String text, int each) {
        HeadScan scan = new HeadScan();
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        Violation wrong = null;
        for (int i = 0; i < bytes.limit() && wrong == null; i += each) {
            wrong = scan.scan(bytes, i, Math.min(bytes.limit(), i + each));
        }
        return verdict(wrong, scan.isDone());
    }

    private static String body(String text, int each, long max) {
        ChunkScan scan = new ChunkScan(max);
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        Violation wrong = null;
        for (int i = 0; i < bytes.limit() && wrong == null; i += each) {
            wrong = scan.scan(bytes, i, Math.min(bytes.limit(), i + each));
        }
        return verdict(wrong, scan.isDone());
    }

    private static String verdict(@Nullable Violation wrong, boolean done) {
        return wrong == null ? done ? "done" : "more" : wrong.toString();
    }
}
