package dev.carillon.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import java.io.IOException;

/**
 * A command from one node to another: JSON with {@code version}, {@code type} and the fields of the type. Unknown fields are ignored; an
 * unknown version or type is answered with {@code unknown-message}, because a newer release may send it.
 */
public sealed interface ControlMessage {
    int VERSION = 1;
    /** Maximum size of an encoded message. */
    int MAX_BYTES = 16 * 1024;

    /**
     * Ends the connections of a context on the receiving node.
     *
     * @param context 1 to 64 characters of base64url
     */
    record Disconnect(Tenant tenant, String context) implements ControlMessage {
        private static final String TYPE = "disconnect";

        public Disconnect {
            if (tenant.isSideLog() || !context.matches("[A-Za-z0-9_-]{1,64}")) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "a context is one of a tenant; its id has 1 to 64 letters, digits, '-' or '_'");
            }
        }

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("tenant", tenant.name())
                    .put("context", context)
                    .toString());
        }
    }

    byte[] bytes();

    private static ObjectNode of(String type) {
        return new JsonMapper().createObjectNode().put("version", VERSION).put("type", type);
    }

    /** @throws CarillonException {@code unknown-message}, or {@code invalid-request} for bytes that are not a message */
    static ControlMessage read(byte[] bytes) {
        JsonNode message;
        try {
            message = new JsonMapper().readTree(bytes);
        } catch (JsonProcessingException e) {
            throw invalid("is not JSON");
        } catch (IOException e) {
            throw invalid("cannot be decoded");
        }
        if (!message.isObject()
                || !message.path("version").isInt()
                || !message.path("type").isTextual()) {
            throw invalid("must be an object with version and type");
        }
        String type = message.path("type").asText();
        if (message.path("version").asInt() != VERSION || !type.equals(Disconnect.TYPE)) {
            throw new CarillonException(
                    ErrorCode.UNKNOWN_MESSAGE,
                    "this node does not know message \"" + Text.printable(type, 40) + "\" of version "
                            + message.path("version").asInt());
        }
        return new Disconnect(
                tenant(message.path("tenant").asText()), message.path("context").asText());
    }

    private static Tenant tenant(String name) {
        try {
            return Tenant.ofToken(name);
        } catch (CarillonException e) {
            throw invalid("has an invalid tenant");
        }
    }

    private static CarillonException invalid(String rule) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "a control message " + rule);
    }
}
