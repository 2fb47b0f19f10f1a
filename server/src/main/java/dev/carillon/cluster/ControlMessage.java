package dev.carillon.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.ProcessLog;
import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A command from one node to another: JSON with {@code version}, {@code type} and the fields of the type. Unknown fields are ignored, except those of a
 * filter, which would concern more connections without them. An unknown version, type, target or criterion of a filter is answered with {@code
 * unknown-message}, because a newer release may send it.
 */
public sealed interface ControlMessage {
    int VERSION = 1;
    /** Member of calls of extensions. */
    String TRACEPARENT = "traceparent";
    /** Maximum size of an encoded message. */
    int MAX_BYTES = 48 * 1024;

    /**
     * Ends the connections of a context on the receiving node.
     *
     * @param context 1 to 64 characters of base64url
     */
    record Disconnect(Tenant tenant, String context) implements ControlMessage {
        static final String TYPE = "disconnect";

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

    /**
     * Makes answers of the authorizer invalid on the receiving node.
     *
     * @param name the user, or the id of the token; empty for other targets
     */
    record Invalidate(Target target, Tenant tenant, String name) implements ControlMessage {
        static final String TYPE = "invalidate";
        private static final int MAX_NAME_BYTES = 1024;

        /** Whose answers. */
        public enum Target {
            /** Those of all clients. */
            ALL,
            /** Those of a tenant. */
            TENANT,
            /** Those of a user. */
            USER,
            /** Those of a token, in any tenant. */
            TOKEN
        }

        public Invalidate {
            boolean named = target == Target.USER || target == Target.TOKEN;
            if (tenant.isSideLog() || named == name.isEmpty() || Text.utf8Length(name) > MAX_NAME_BYTES) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "a user or token must have 1 to " + MAX_NAME_BYTES + " bytes of UTF-8, and its tenant clients");
            }
        }

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("target", target.name())
                    .put("tenant", tenant.name())
                    .put("name", name)
                    .toString());
        }
    }

    /** Asks for the connections of the receiving node that match a filter, at most {@code limit}. */
    record ListConnections(ConnectionFilter filter, int limit) implements ControlMessage {
        /** Maximum of {@code limit}. */
        public static final int MAX = 100;

        private static final String TYPE = "list-connections";

        public ListConnections {
            if (limit < 1 || limit > MAX) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST, "limit: must be a whole number from 1 to " + MAX);
            }
        }

        @Override
        public byte[] bytes() {
            ObjectNode message = of(TYPE).put("limit", limit);
            filter.addTo(message);
            return Text.utf8(message.toString());
        }
    }

    /**
     * Closes the connections of the receiving node that match a filter.
     *
     * @param text for their clients; null: none
     */
    record CloseConnections(
            ConnectionFilter filter, @Nullable String text) implements ControlMessage {
        private static final String TYPE = "close-connections";
        private static final int MAX_TEXT_CHARS = 200;

        public CloseConnections {
            if (filter.isEmpty()) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "at least one of tenant, user, session, context, scope and label must be given");
            }
            if (text != null && (text.isEmpty() || text.length() > MAX_TEXT_CHARS || !Text.isWellFormed(text))) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST, "message: must have 1 to " + MAX_TEXT_CHARS + " characters");
            }
        }

        @Override
        public byte[] bytes() {
            ObjectNode message = of(TYPE);
            filter.addTo(message);
            if (text != null) {
                message.put("text", text);
            }
            return Text.utf8(message.toString());
        }
    }

    /**
     * Replaces the token of the connections of a context on the receiving node, which verifies it again.
     *
     * @param session handle of the session that the context must have
     * @param token is a secret: never logged
     */
    record Renew(Tenant tenant, String context, String session, String token) implements ControlMessage {
        private static final String TYPE = "renew";

        public Renew {
            Disconnect _ = new Disconnect(tenant, context);
        }

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("tenant", tenant.name())
                    .put("context", context)
                    .put("session", session)
                    .put("token", token)
                    .toString());
        }

        @Override
        public String toString() {
            return "Renew[" + tenant + ", " + context + "]";
        }
    }

    /**
     * Asks the receiving node to end a context without a connection, because its client has come to another node.
     *
     * @param client stands for the client that the context must have
     */
    record ReleaseContext(Tenant tenant, String context, String client) implements ControlMessage {
        private static final String TYPE = "release-context";

        public ReleaseContext {
            Disconnect _ = new Disconnect(tenant, context);
        }

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("tenant", tenant.name())
                    .put("context", context)
                    .put("client", client)
                    .toString());
        }
    }

    /**
     * Asks the receiving node to release streams, so that their clients move to other nodes.
     *
     * @param count 0: it releases no more
     * @param rate streams per second
     */
    record ReleaseStreams(int count, int rate) implements ControlMessage {
        private static final String TYPE = "release-streams";
        private static final int MAX_COUNT = 1_000_000;
        private static final int MAX_RATE = 10_000;

        public ReleaseStreams {
            if (count < 0 || count > MAX_COUNT || rate < 1 || rate > MAX_RATE) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "count must be from 0 to " + MAX_COUNT + ", and rate from 1 to " + MAX_RATE);
            }
        }

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("count", count).put("rate", rate).toString());
        }
    }

    /**
     * Asks for what consoles show of the receiving node.
     *
     * @param hour whether the answer has the samples of the last hour
     */
    record Observe(boolean hour) implements ControlMessage {
        private static final String TYPE = "observe";

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("hour", hour).toString());
        }
    }

    /** Begins a drain of the receiving node. */
    record BeginDrain() implements ControlMessage {
        private static final String TYPE = "begin-drain";

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).toString());
        }
    }

    /**
     * Sets the level of a logger of the receiving node.
     *
     * @param logger {@link ProcessLog#ROOT} or one below it
     * @param level one of {@link ProcessLog#LEVELS}
     */
    record SetLogLevel(String logger, String level) implements ControlMessage {
        private static final String TYPE = "set-log-level";
        private static final int MAX_LOGGER_CHARS = 200;

        public SetLogLevel {
            if (logger.length() > MAX_LOGGER_CHARS
                    || !logger.equals(ProcessLog.ROOT) && !logger.startsWith(ProcessLog.ROOT + ".")) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "parameter logger: must be " + ProcessLog.ROOT + " or a logger below it");
            }
            if (!ProcessLog.LEVELS.contains(level)) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "parameter level: must be one of " + String.join(", ", ProcessLog.LEVELS));
            }
        }

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("logger", logger).put("level", level).toString());
        }
    }

    /**
     * A call from an extension to the same extension of the receiving node.
     *
     * @param name of the handler
     * @param body may have data of clients: never logged
     * @param traceparent W3C trace context of the call; null: it is not traced
     */
    record CallExtension(String name, String body, @Nullable String traceparent) implements ControlMessage {
        /** Maximum size of {@code body} in UTF-8. */
        public static final int MAX_BODY_BYTES = 20 * 1024;

        private static final String TYPE = "call-extension";
        private static final Pattern NAME = Pattern.compile("[a-z0-9/-]{1,64}");

        public CallExtension(String name, String body) {
            this(name, body, null);
        }

        public CallExtension {
            if (!NAME.matcher(name).matches()) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "name of a call: must have 1 to 64 lower-case letters, digits, '-' or '/'");
            }
            if (!Text.isWellFormed(body) || Text.utf8Length(body) > MAX_BODY_BYTES) {
                throw new CarillonException(
                        ErrorCode.TOO_LARGE, "body of a call: must have at most " + MAX_BODY_BYTES + " bytes of UTF-8");
            }
        }

        @Override
        public byte[] bytes() {
            ObjectNode message = of(TYPE).put("name", name).put("body", body);
            if (traceparent != null) {
                message.put(TRACEPARENT, traceparent);
            }
            return Text.utf8(message.toString());
        }

        @Override
        public String toString() {
            return "CallExtension[" + name + "]";
        }
    }

    /**
     * Asks the receiving node what it knows of an event, and why its clients received it or not.
     *
     * @param question JSON of the caller and the receiver, opaque here; names clients: never logged
     */
    record Explain(String question) implements ControlMessage {
        /** Maximum size of a question in UTF-8, which the message quotes. */
        public static final int MAX_QUESTION_BYTES = 20 * 1024;

        private static final String TYPE = "explain";

        public Explain {
            if (Text.utf8Length(question) > MAX_QUESTION_BYTES) {
                throw new CarillonException(
                        ErrorCode.TOO_LARGE,
                        "the scopes, tags and readers of the event are too long to ask other nodes about it");
            }
        }

        @Override
        public byte[] bytes() {
            return Text.utf8(of(TYPE).put("question", question).toString());
        }

        @Override
        public String toString() {
            return "Explain[]";
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
        if (message.path("version").asInt() != VERSION) {
            throw unknown(type, message);
        }
        return switch (type) {
            case Disconnect.TYPE -> new Disconnect(tenant(message), text(message, "context"));
            case Invalidate.TYPE -> new Invalidate(target(message), tenant(message), text(message, "name"));
            case ListConnections.TYPE ->
                new ListConnections(
                        ConnectionFilter.of(message), message.path("limit").asInt());
            case CloseConnections.TYPE ->
                new CloseConnections(
                        ConnectionFilter.of(message), message.hasNonNull("text") ? text(message, "text") : null);
            case Renew.TYPE ->
                new Renew(tenant(message), text(message, "context"), text(message, "session"), text(message, "token"));
            case ReleaseContext.TYPE ->
                new ReleaseContext(tenant(message), text(message, "context"), text(message, "client"));
            case CallExtension.TYPE ->
                new CallExtension(
                        text(message, "name"),
                        text(message, "body"),
                        message.path(TRACEPARENT).textValue());
            case Explain.TYPE -> new Explain(text(message, "question"));
            case ReleaseStreams.TYPE ->
                new ReleaseStreams(
                        message.path("count").asInt(-1), message.path("rate").asInt());
            case Observe.TYPE -> new Observe(message.path("hour").asBoolean());
            case BeginDrain.TYPE -> new BeginDrain();
            case SetLogLevel.TYPE -> new SetLogLevel(text(message, "logger"), text(message, "level"));
            default -> throw unknown(type, message);
        };
    }

    private static CarillonException unknown(String type, JsonNode message) {
        return new CarillonException(
                ErrorCode.UNKNOWN_MESSAGE,
                "this node does not know message \"" + Text.printable(type, 40) + "\" of version "
                        + message.path("version").asInt());
    }

    private static Invalidate.Target target(JsonNode message) {
        try {
            return Invalidate.Target.valueOf(text(message, "target"));
        } catch (IllegalArgumentException e) {
            throw unknown(Invalidate.TYPE, message);
        }
    }

    private static String text(JsonNode message, String member) {
        return message.path(member).asText();
    }

    private static Tenant tenant(JsonNode message) {
        String name = text(message, "tenant");
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
