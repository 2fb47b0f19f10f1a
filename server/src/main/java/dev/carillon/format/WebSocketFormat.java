package dev.carillon.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * WebSocket messages (RFC 6455): one unmasked text frame per event, which holds a JSON object. Optionally compressed (RFC 7692): each message by itself,
 * so that the same bytes serve every connection. Short messages and those that do not shrink are not compressed.
 */
public final class WebSocketFormat implements WireFormat {
    /** Name of the protocol, also offered as a subprotocol. */
    public static final String PROTOCOL = "carillon.v1";

    private static final int FINAL_TEXT = 0x81;
    private static final int FINAL_CLOSE = 0x88;
    private static final int COMPRESSED = 0x40;
    private static final byte[] PING = {(byte) 0x89, 0};

    private static final int MAX_SHORT = 125;
    private static final int MAX_MEDIUM = 65_535;
    private static final int MAX_HEAD = 10;

    /** Shorter messages are not compressed, as that would save almost nothing. */
    private static final int MIN_COMPRESSED = 128;
    /** The end of a flushed block, which is left out (RFC 7692, section 7.2.1). */
    private static final int TAIL = 4;

    private static final String NOTICE_PREFIX = "carillon.";

    private final boolean compression;
    private final Deflaters deflaters = new Deflaters();

    /** @param compression whether messages are compressed where it pays */
    WebSocketFormat(boolean compression) {
        this.compression = compression;
    }

    /** The acknowledgement of a connection, before anything else. */
    @Override
    public byte[] preamble() {
        return text(JsonNodeFactory.instance.objectNode().put("type", "hello").put("protocol", PROTOCOL));
    }

    @Override
    public byte[] encode(Live live, boolean withId) {
        Event event = live.event();
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", "event");
        scopes(json.putArray("scopes"), event.scopes());
        if (withId) {
            json.put("id", live.id());
        }
        if (event.type() != null) {
            json.put("event", event.type());
        }
        EventJson.data(json, event);
        EventJson.tags(json, event);
        if (event.retryMillis() != null) {
            json.put("retry", event.retryMillis());
        }
        return message(Text.utf8(json.toString()));
    }

    /** The message is the same for all recipients, so it does not name the users, sessions and tabs that receive it besides its reader. */
    private static void scopes(ArrayNode json, List<Scope> scopes) {
        for (Scope scope : scopes) {
            json.add(scopes.size() > 1 && scope.kind().personal() ? scope.kind().text() : scope.text());
        }
    }

    /** The type without its prefix, as here it cannot be confused with the type of an event; the members of the data follow it. */
    @Override
    public byte[] notice(String type, @Nullable String cursor, String data) {
        String name = type.startsWith(NOTICE_PREFIX) ? type.substring(NOTICE_PREFIX.length()) : type;
        String position = cursor == null ? "" : ",\"cursor\":\"" + cursor + "\"";
        boolean more = data.length() > 2;
        return message(Text.utf8("{\"type\":\"" + name + "\"" + position + (more ? "," + data.substring(1) : "}")));
    }

    @Override
    public byte[] retry(int millis) {
        return text(JsonNodeFactory.instance.objectNode().put("type", "retry").put("delay", millis));
    }

    @Override
    public byte[] heartbeat() {
        return PING.clone();
    }

    @Override
    public byte[] end(CloseReason reason) {
        byte[] code = Text.utf8(reason.code());
        return ByteBuffer.allocate(4 + code.length)
                .put((byte) FINAL_CLOSE)
                .put((byte) (2 + code.length))
                .putShort((short) reason.webSocketStatus())
                .put(code)
                .array();
    }

    /** A text frame for one connection, which is never compressed. */
    public static byte[] text(ObjectNode json) {
        byte[] text = Text.utf8(json.toString());
        return frame(FINAL_TEXT, text, text.length);
    }

    private byte[] message(byte[] text) {
        if (compression && text.length >= MIN_COMPRESSED) {
            byte[] deflated = deflaters.deflate(text, Deflater.SYNC_FLUSH);
            if (deflated.length - TAIL < text.length) {
                return frame(FINAL_TEXT | COMPRESSED, deflated, deflated.length - TAIL);
            }
        }
        return frame(FINAL_TEXT, text, text.length);
    }

    /** RFC 6455, section 5.2. */
    private static byte[] frame(int first, byte[] payload, int length) {
        ByteBuffer frame = ByteBuffer.allocate(length + MAX_HEAD).put((byte) first);
        if (length <= MAX_SHORT) {
            frame.put((byte) length);
        } else if (length <= MAX_MEDIUM) {
            frame.put((byte) 126).putShort((short) length);
        } else {
            frame.put((byte) 127).putLong(length);
        }
        frame.put(payload, 0, length);
        return Arrays.copyOf(frame.array(), frame.position());
    }
}
