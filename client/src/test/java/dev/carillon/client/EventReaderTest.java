package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a client reads: server-sent events and small JSON objects. */
class EventReaderTest {
    private static final String STREAM = String.join(
            "",
            "\uFEFF:\n\nretry: 7\n\nevent: tick\nid: 1\ndata: ä\ndata:  b\n\ndata\r\n\r\nid: 2\n\n",
            "event: x\rdata: c\r\rdata: d\nid: 3\0\n\ndata: incomplete\n");

    @Test
    void events_are_the_same_however_the_bytes_arrive() throws IOException {
        byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
        for (int size = 1; size <= bytes.length; size++) {
            assertThat(events(bytes, size))
                    .as("pieces of %d bytes", size)
                    .containsExactly(
                            new EventReader.ServerSentEvent(null, null, null, 7L),
                            new EventReader.ServerSentEvent("tick", "1", "ä\n b", null),
                            new EventReader.ServerSentEvent(null, null, "", null),
                            new EventReader.ServerSentEvent("x", null, "c", null),
                            new EventReader.ServerSentEvent(null, null, "d", null));
        }
    }

    @Test
    void answers_of_a_node_are_read_and_what_is_no_object_is_empty() {
        Map<?, ?> read =
                Json.readObject(" {\"id\":\"a\\u00e4\\n\\\"\", \"n\":-1.5e1,\"all\":[true,null,{}],\"o\":{\"x\":1}} ");

        assertThat(Json.text(read, "id")).isEqualTo("aä\n\"");
        assertThat(Json.number(read, "n")).isEqualTo(-15);
        assertThat(read.get("all")).asString().isEqualTo("[true, null, {}]");
        assertThat(List.of(
                        "", "[]", "{", "{\"a\"}", "{\"a\":tru}", "{} x", "{\"a\":\"\\u12\"}", "[".repeat(99), "<html>"))
                .allSatisfy(text -> assertThat(Json.readObject(text)).as(text).isEmpty());
    }

    @Test
    void broadcast_is_written_as_json_whatever_its_text_has() {
        String json = Broadcast.to("topic:a", "user:ann")
                .data("\"\\\n\u0001 \ud83d\ude00 \ud800")
                .type("t")
                .tags(Map.of("region", "eu"))
                .toJson();

        assertThat(json)
                .isEqualTo(
                        "{\"scopes\":[\"topic:a\",\"user:ann\"],\"data\":\"\\\"\\\\\\n\\u0001 \\ud83d\\ude00 \\ud800\","
                                + "\"type\":\"t\",\"tags\":{\"region\":\"eu\"}}");
    }

    private static List<EventReader.ServerSentEvent> events(byte[] bytes, int size) throws IOException {
        InputStream pieces = new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] to, int offset, int length) {
                return super.read(to, offset, Math.min(size, length));
            }
        };
        EventReader reader = new EventReader(pieces, () -> {});
        List<EventReader.ServerSentEvent> events = new ArrayList<>();
        for (EventReader.ServerSentEvent event = reader.next(); event != null; event = reader.next()) {
            events.add(event);
        }
        return events;
    }
}
