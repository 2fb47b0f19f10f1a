package dev.carillon.broker.nats.connection;

import dev.carillon.broker.UnreadableException;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A message stored in a stream. Accessors fail with {@link UnreadableException} for malformed messages, which any writer at the server
 * can create.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StoredMessage(
        String subject,
        long sequence,
        long atMillis,
        @Nullable Headers headers,
        byte[] data) {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoredMessage.class);
    private static final String SUBJECT = "Nats-Subject";
    private static final String SEQUENCE = "Nats-Sequence";
    private static final String TIME = "Nats-Time-Stamp";
    private static final String LAST_SEQUENCE = "Nats-Last-Sequence";

    /** Decodes the answer to a direct get or a republished message: both have the same headers. */
    public static StoredMessage ofHeaders(Message message) {
        return UnreadableException.reading("a message", () -> {
            Headers headers = Objects.requireNonNull(message.getHeaders(), "no headers");
            return new StoredMessage(
                    required(headers, SUBJECT),
                    Long.parseLong(required(headers, SEQUENCE)),
                    Instant.parse(required(headers, TIME)).toEpochMilli(),
                    headers,
                    message.getData());
        });
    }

    public static StoredMessage ofPulled(Message message) {
        return UnreadableException.reading("a message of a consumer", () -> {
            var meta = message.metaData();
            return new StoredMessage(
                    message.getSubject(),
                    meta.streamSequence(),
                    meta.timestamp().toInstant().toEpochMilli(),
                    message.getHeaders(),
                    message.getData());
        });
    }

    /** The preceding sequence on its subject, for a republished message; 0: none. */
    public long previous() {
        String last = header(LAST_SEQUENCE);
        return last == null ? 0 : UnreadableException.reading("a sequence", () -> Long.parseLong(last));
    }

    @Nullable
    public String header(String name) {
        return headers == null ? null : headers.getFirst(name);
    }

    /** The position of a log message. */
    public Position position() {
        return UnreadableException.reading(
                "a position", () -> new Position(Subjects.epoch(subject), sequence, atMillis));
    }

    /** Logs that this message was skipped because it cannot be decoded. */
    public void reportUnreadable(UnreadableException e) {
        LOGGER.atError()
                .addKeyValue("subject", subject)
                .addKeyValue("sequence", sequence)
                .addKeyValue("reason", e.getMessage())
                .log("skipped an unreadable message");
    }

    public Event event() {
        return UnreadableException.reading(
                "an event", () -> EventWire.decode(data).event());
    }

    private static String required(Headers headers, String name) {
        return Objects.requireNonNull(headers.getFirst(name), name);
    }
}
