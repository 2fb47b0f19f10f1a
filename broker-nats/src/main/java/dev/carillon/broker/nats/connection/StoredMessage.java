package dev.carillon.broker.nats;

import dev.carillon.broker.UnreadableException;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A message as a stream keeps it. What anyone who may write there can have made unreadable fails as {@link UnreadableException}. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Stored(
        String subject,
        long sequence,
        long atMillis,
        @Nullable Headers headers,
        byte[] data) {
    private static final String SUBJECT = "Nats-Subject";
    private static final String SEQUENCE = "Nats-Sequence";
    private static final String TIME = "Nats-Time-Stamp";
    private static final String LAST_SEQUENCE = "Nats-Last-Sequence";

    /** From an answer to a direct get, or from a republished message: both carry the same headers. */
    static Stored ofHeaders(Message message) {
        return UnreadableException.reading("a message", () -> {
            Headers headers = Objects.requireNonNull(message.getHeaders(), "no headers");
            return new Stored(
                    required(headers, SUBJECT),
                    Long.parseLong(required(headers, SEQUENCE)),
                    Instant.parse(required(headers, TIME)).toEpochMilli(),
                    headers,
                    message.getData());
        });
    }

    static Stored ofPulled(Message message) {
        return UnreadableException.reading("a message of a consumer", () -> {
            var meta = message.metaData();
            return new Stored(
                    message.getSubject(),
                    meta.streamSequence(),
                    meta.timestamp().toInstant().toEpochMilli(),
                    message.getHeaders(),
                    message.getData());
        });
    }

    /** The sequence before it on its subject, of a republished message; 0: none. */
    long previous() {
        String last = header(LAST_SEQUENCE);
        return last == null ? 0 : UnreadableException.reading("a sequence", () -> Long.parseLong(last));
    }

    @Nullable
    String header(String name) {
        return headers == null ? null : headers.getFirst(name);
    }

    /** Of a message of a log. */
    Position position() {
        return UnreadableException.reading(
                "a position", () -> new Position(Subjects.epoch(subject), sequence, atMillis));
    }

    Event event() {
        return UnreadableException.reading(
                "an event", () -> EventWire.decode(data).event());
    }

    private static String required(Headers headers, String name) {
        return Objects.requireNonNull(headers.getFirst(name), name);
    }
}
