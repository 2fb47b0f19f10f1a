package dev.carillon.lab.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Parsing of responses and events. */
class FleetTest {
    private static final String HEAD = String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Content-Type: text/event-stream",
            "Set-Cookie: a=1; Path=/",
            "Set-Cookie: b=2",
            "");
    private static final String EVENTS = """
            : hello

            retry: 700

            event: tick
            id: 7
            data: one
            data: two

            data

            id: 8
            event: x

            """;
    private static final StreamEvent[] EXPECTED = {new StreamEvent("7", "tick", "one\ntwo"), new StreamEvent("", "", "")
    };

    @Test
    void events_are_read_in_pieces_of_any_size() throws Exception {
        for (int cut = 1; cut < 20; cut++) {
            List<StreamEvent> events = new ArrayList<>();
            EventParser parser = new EventParser(events::add);
            HttpBody body = new HttpBody(parser::feed);

            feed(body, HEAD + "\r\n" + EVENTS, cut);

            assertThat(events).containsExactly(EXPECTED);
            assertThat(parser.lastId()).isEqualTo("8");
            assertThat(parser.retryMillis()).isEqualTo(700);
            assertThat(body.header("set-cookie")).containsExactly("a=1; Path=/", "b=2");
        }
    }

    @Test
    void chunks_are_read_in_pieces_of_any_size_and_end_the_body() throws Exception {
        for (int chunk = 1; chunk < 30; chunk++) {
            for (int cut = 1; cut < 9; cut++) {
                List<StreamEvent> events = new ArrayList<>();
                HttpBody body = new HttpBody(new EventParser(events::add)::feed);

                feed(body, HEAD + "Transfer-Encoding: chunked\r\n\r\n" + chunks(chunk), cut);
                assertThat(body.ended()).isFalse();
                feed(body, "0\r\n", cut);

                assertThat(events).containsExactly(EXPECTED);
                assertThat(body.ended()).isTrue();
            }
        }
    }

    @Test
    void a_body_with_a_length_ends_although_the_connection_stays_open() throws Exception {
        for (int cut = 1; cut < 9; cut++) {
            List<StreamEvent> events = new ArrayList<>();
            HttpBody body = new HttpBody(new EventParser(events::add)::feed);
            String head = HEAD + "Content-Length: " + EVENTS.length() + "\r\n\r\n";

            feed(body, head + EVENTS.substring(0, EVENTS.length() - 1), cut);
            assertThat(body.ended()).isFalse();
            feed(body, "\n", cut);

            assertThat(events).containsExactly(EXPECTED);
            assertThat(body.ended()).isTrue();
        }
    }

    @Test
    void an_incomplete_event_does_not_count_as_received() {
        EventParser parser = new EventParser(event -> {});
        parser.feed(ByteBuffer.wrap("id: 1\ndata: one\n\nid: 2\ndata: tw".getBytes(StandardCharsets.UTF_8)));
        assertThat(parser.lastId()).isEqualTo("1");

        parser.reset();
        parser.feed(ByteBuffer.wrap("data: three\n\n".getBytes(StandardCharsets.UTF_8)));

        assertThat(parser.lastId()).isEqualTo("1");
    }

    @Test
    void a_stream_with_the_delay_of_a_refusal_is_not_open_and_the_next_one_is() {
        EventParser parser = new EventParser(event -> {});
        parser.feed(ByteBuffer.wrap(":\nretry: 700\n\nretry: 3000\n\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(parser.opened()).isFalse();
        assertThat(parser.refusedLate()).isTrue();

        parser.reset();
        assertThat(parser.refusedLate()).isFalse();
        parser.feed(ByteBuffer.wrap(":\nretry: 700\n\n".getBytes(StandardCharsets.UTF_8)));

        assertThat(parser.opened()).isTrue();
        assertThat(parser.refusedLate()).isFalse();
    }

    private static String chunks(int size) {
        StringBuilder chunked = new StringBuilder();
        for (int from = 0; from < EVENTS.length(); from += size) {
            String part = EVENTS.substring(from, Math.min(EVENTS.length(), from + size));
            chunked.append(Integer.toHexString(part.length()))
                    .append("\r\n")
                    .append(part)
                    .append("\r\n");
        }
        return chunked.toString();
    }

    private static void feed(HttpBody body, String text, int cut) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int from = 0; from < bytes.length; from += cut) {
            body.feed(ByteBuffer.wrap(bytes, from, Math.min(cut, bytes.length - from)));
        }
    }
}
