package dev.carillon.source.intake;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.Text;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Idempotency;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Scope;
import dev.carillon.source.SourceMessage;
import dev.carillon.stream.BroadcastRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes a broadcast of a message: see {@link MessageFormat} for the forms of its body. Immutable. */
final class MessageParser {
    private static final String TO_ALL = "send_to_all";
    /** Members by which such payloads name what is done, and members that hold what is sent. */
    private static final Set<String> VERBS = Set.of("action", "command", "method", "type");

    private static final List<String> CONTENTS = List.of("data", "payload", "message");
    private static final String TYPE_HEADER = "carillon-type";
    private static final String TRACE_HEADER = "traceparent";
    private static final ObjectReader READER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // Values keep their digits.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build()
            .reader();

    private final SourceConfig config;
    private final boolean traced;

    /** @param traced whether the trace context of a message is of use */
    MessageParser(SourceConfig config, boolean traced) {
        this.config = config;
        this.traced = traced;
    }

    /**
     * A message as a broadcast.
     *
     * @param isIdOfMessage whether the event's id is that of the message, which is the same at each delivery
     */
    record Parsed(Broadcast broadcast, boolean isIdOfMessage) {}

    /**
     * @param session names the session: a message without an id is recognised within it only
     * @throws RefusedMessageException if the message can never become an event
     */
    Parsed parse(SourceMessage message, String session) {
        try {
            Event event = event(message);
            String context = traced ? message.headers().get(TRACE_HEADER) : null;
            if (context != null && Event.isTraceparent(context)) {
                event = event.withTraceparent(context);
            }
            String id = message.id();
            Event named = event.id() == null && id != null ? withId(event, id) : event;
            return new Parsed(
                    new Broadcast(named, Idempotency.key(key(id == null ? session + "/" + message.number() : id))),
                    !named.equals(event));
        } catch (CarillonException e) {
            throw new RefusedMessageException(String.valueOf(e.getMessage()), e);
        }
    }

    /** An id of a message may break the rules of events' ids; it is then only the key. */
    private static Event withId(Event event, String id) {
        try {
            return event.withId(id);
        } catch (CarillonException e) {
            return event;
        }
    }

    private String key(String id) {
        String key = config.name() + "/" + id;
        return Idempotency.isKey(key)
                ? key
                : config.name() + "/" + EventWire.digest(id.getBytes(StandardCharsets.UTF_8));
    }

    private Event event(SourceMessage message) {
        return switch (config.format()) {
            case BROADCAST -> broadcast(message);
            case DATA -> data(message);
            case AUTO -> {
                if (config.scope().hasHeader(message)
                        || first(message.body()) != '{'
                        || !(tree(message.body()) instanceof ObjectNode object)) {
                    yield data(message);
                }
                if (object.has("scope") || object.has("scopes")) {
                    yield broadcast(message);
                }
                JsonNode content = contentToAll(object);
                yield content == null
                        ? data(message)
                        : draft(Scope.GLOBAL, message).json(content.toString()).build();
            }
        };
    }

    private Event broadcast(SourceMessage message) {
        Event event = BroadcastRequest.parse(message.body(), config.tenant());
        return config.isPrivate() && !event.isPrivate() ? event.asPrivate() : event;
    }

    private Event data(SourceMessage message) {
        String text = text(message.body());
        Event.Draft draft = draft(config.scope().of(message), message);
        return (isJson(message.body()) ? draft.json(text) : draft.data(text)).build();
    }

    private Event.Draft draft(Scope scope, SourceMessage message) {
        String named = message.headers().get(TYPE_HEADER);
        return Event.to(scope)
                .tenant(config.tenant())
                .type(named == null ? config.type().orElse(null) : named)
                .isPrivate(config.isPrivate());
    }

    /** What is sent to all clients; null: the object is no such payload. */
    private static @Nullable JsonNode contentToAll(ObjectNode object) {
        boolean isFlag = object.path(TO_ALL).asBoolean(false);
        if (!isFlag
                && VERBS.stream().noneMatch(verb -> object.path(verb).asText("").equals(TO_ALL))) {
            return null;
        }
        for (String name : CONTENTS) {
            if (object.has(name)) {
                return object.get(name);
            }
        }
        ObjectNode rest = object.deepCopy();
        rest.remove(TO_ALL);
        VERBS.forEach(verb -> {
            if (rest.path(verb).asText("").equals(TO_ALL)) {
                rest.remove(verb);
            }
        });
        return rest;
    }

    /** Objects and lists: a text such as {@code 42} or {@code true} stays a text. */
    private static boolean isJson(byte[] body) {
        byte first = first(body);
        return (first == '{' || first == '[') && tree(body) != null;
    }

    private static byte first(byte[] body) {
        for (byte b : body) {
            if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
                return b;
            }
        }
        return 0;
    }

    private static @Nullable JsonNode tree(byte[] body) {
        try {
            return READER.readTree(body);
        } catch (IOException e) {
            return null;
        }
    }

    private static String text(byte[] body) {
        if (body.length > Event.MAX_DATA_BYTES) {
            throw new RefusedMessageException(
                    "has " + body.length + " bytes; an event has at most " + Event.MAX_DATA_BYTES);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new RefusedMessageException("is not text in UTF-8", e);
        }
    }

    /** A reason for a log line or a header. */
    static String printable(String reason) {
        return Text.printable(reason, 300);
    }
}
