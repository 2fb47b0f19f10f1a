package dev.carillon.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The head of a call from an extension to the same extension of another node whose body is streamed. In the request it is preceded by its length; the signature of
 * the call covers it.
 *
 * @param name of the handler
 * @param text may have data of clients: never logged
 * @param traceparent W3C trace context of the call; null: it is not traced
 */
public record StreamedCall(
        String name, String text, @Nullable String traceparent) {
    /** Maximum size of {@code text} in UTF-8. */
    public static final int MAX_TEXT_BYTES = 64 * 1024;

    /** JSON escapes a control character by six bytes. */
    static final int MAX_BYTES = 6 * MAX_TEXT_BYTES + 1024;

    private static final int VERSION = 1;

    public StreamedCall(String name, String text) {
        this(name, text, null);
    }

    public StreamedCall {
        ControlMessage.CallExtension _ = new ControlMessage.CallExtension(name, "");
        if (!Text.isWellFormed(text) || Text.utf8Length(text) > MAX_TEXT_BYTES) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE, "head of a call: must have at most " + MAX_TEXT_BYTES + " bytes of UTF-8");
        }
    }

    byte[] bytes() {
        ObjectNode head = new JsonMapper()
                .createObjectNode()
                .put("version", VERSION)
                .put("name", name)
                .put("text", text);
        if (traceparent != null) {
            head.put(ControlMessage.TRACEPARENT, traceparent);
        }
        return Text.utf8(head.toString());
    }

    /** @throws CarillonException {@code unknown-message} or {@code invalid-request} */
    static StreamedCall read(byte[] bytes) {
        JsonNode head;
        try {
            head = new JsonMapper().readTree(bytes);
        } catch (IOException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "the head of the call is not JSON", e);
        }
        if (head.path("version").asInt() != VERSION) {
            throw new CarillonException(
                    ErrorCode.UNKNOWN_MESSAGE, "this node does not know calls with streams of this version");
        }
        return new StreamedCall(
                head.path("name").asText(),
                head.path("text").asText(),
                head.path(ControlMessage.TRACEPARENT).textValue());
    }

    @Override
    public String toString() {
        return "StreamedCall[" + name + "]";
    }
}
