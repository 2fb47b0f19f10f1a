package dev.carillon.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketFormatTest {
    private final WireFormat format = WireFormats.WEBSOCKET;

    private static Live live(String data) {
        return new Live(
                Event.to(Scope.topic("a")).id("i").type("t").data(data).build(), new Position(1, 7, 1), List.of());
    }

    /** The JSON text of a frame, with any encoding of its length. */
    private static JsonNode read(byte[] frame) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        assertThat(bytes.get() & 0xff).isEqualTo(0x81);
        long length = bytes.get() & 0xff;
        if (length == 126) {
            length = bytes.getShort() & 0xffff;
            assertThat(length).isGreaterThan(125);
        } else if (length == 127) {
            length = bytes.getLong();
            assertThat(length).isGreaterThan(65_535);
        }
        assertThat(bytes.remaining()).isEqualTo((int) length);
        return new ObjectMapper().readTree(frame, bytes.position(), bytes.remaining());
    }

    @ParameterizedTest
    @ValueSource(
            ints = {0, 1, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 30_000, 65_450, 65_460, 65_470, 65_480, 200_000})
    void event_of_any_size_is_one_frame(int size) throws IOException {
        JsonNode json = read(format.encode(live("x".repeat(size)), true));

        assertThat(json.path("id").asText()).isEqualTo("i");
        assertThat(json.path("type").asText()).isEqualTo("event");
        assertThat(json.path("event").asText()).isEqualTo("t");
        assertThat(json.path("scopes").toString()).isEqualTo("[\"topic:a\"]");
        assertThat(json.path("data").asText()).hasSize(size);
    }

    @Test
    void data_is_escaped_and_no_id_is_written_without_history() throws IOException {
        JsonNode json = read(format.encode(live("a\"\n\u2028ß"), false));

        assertThat(json.path("data").asText()).isEqualTo("a\"\n\u2028ß");
        assertThat(json.has("id")).isFalse();
    }

    @Test
    void end_is_a_close_frame_with_a_code_and_heartbeat_is_a_ping() {
        assertThat(format.end(CloseReason.SLOW)).containsExactly(0x88, 6, 0x03, 0xf0, 's', 'l', 'o', 'w');
        assertThat(format.heartbeat()).containsExactly(0x89, 0);
    }

    @Test
    void notice_has_its_members_beside_its_type() throws IOException {
        assertThat(read(format.notice("carillon.gap", "{\"reason\":\"slow\",\"dropped\":2}"))
                        .toString())
                .isEqualTo("{\"type\":\"gap\",\"reason\":\"slow\",\"dropped\":2}");
        assertThat(read(format.notice("carillon.x", "{}")).toString()).isEqualTo("{\"type\":\"x\"}");
        assertThat(read(format.retry(5)).toString()).isEqualTo("{\"type\":\"retry\",\"delay\":5}");
    }
}
