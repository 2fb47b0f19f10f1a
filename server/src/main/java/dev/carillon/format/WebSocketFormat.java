package dev.carillon.format;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * WebSocket messages (RFC 6455): one unmasked text frame per event. It holds a JSON object with {@code id}, {@code type} and {@code data}, with the
 * meaning of the fields of server-sent events.
 */
final class WebSocketFormat implements WireFormat {
    private static final byte[] NOTHING = {};
    private static final byte FINAL_TEXT = (byte) 0x81;
    private static final byte[] PING = {(byte) 0x89, 0};
    private static final byte FINAL_CLOSE = (byte) 0x88;

    private static final int MAX_SHORT = 125;
    private static final int MAX_MEDIUM = 65_535;

    @Override
    public byte[] preamble() {
        return NOTHING;
    }

    @Override
    public byte[] encode(Live live, boolean withId) {
        Event event = live.event();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (withId) {
            json.put("id", live.id());
        }
        if (event.type() != null) {
            json.put("type", event.type());
        }
        return frame(json.put("data", event.data()));
    }

    @Override
    public byte[] notice(String type, @Nullable String cursor, String data) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (cursor != null) {
            json.put("id", cursor);
        }
        return frame(json.put("type", type).put("data", data));
    }

    @Override
    public byte[] retry(int millis) {
        return notice("carillon.retry", Integer.toString(millis));
    }

    @Override
    public byte[] heartbeat() {
        return PING.clone();
    }

    @Override
    public byte[] end(CloseReason reason) {
        byte[] code = Text.utf8(reason.code());
        return ByteBuffer.allocate(4 + code.length)
                .put(FINAL_CLOSE)
                .put((byte) (2 + code.length))
                .putShort((short) reason.webSocketStatus())
                .put(code)
                .array();
    }

    /** RFC 6455, section 5.2. */
    private static byte[] frame(ObjectNode json) {
        byte[] text = Text.utf8(json.toString());
        ByteBuffer frame = ByteBuffer.allocate(text.length + 10).put(FINAL_TEXT);
        if (text.length <= MAX_SHORT) {
            frame.put((byte) text.length);
        } else if (text.length <= MAX_MEDIUM) {
            frame.put((byte) 126).putShort((short) text.length);
        } else {
            frame.put((byte) 127).putLong(text.length);
        }
        byte[] bytes = new byte[frame.put(text).flip().remaining()];
        frame.get(bytes);
        return bytes;
    }
}
