package dev.carillon.broker.nats;

import dev.carillon.broker.Link;
import dev.carillon.broker.Live;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message as a stream keeps it. */
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
        Headers headers = message.getHeaders();
        if (headers == null) {
            throw new IllegalStateException("a message without headers came on " + message.getSubject());
        }
        return new Stored(
                required(headers, SUBJECT),
                Long.parseLong(required(headers, SEQUENCE)),
                Instant.parse(required(headers, TIME)).toEpochMilli(),
                headers,
                message.getData());
    }

    static Stored ofPulled(Message message) {
        var meta = message.metaData();
        return new Stored(
                message.getSubject(),
                meta.streamSequence(),
                meta.timestamp().toInstant().toEpochMilli(),
                message.getHeaders(),
                message.getData());
    }

    /** The sequence before it on its subject, of a republished message; 0: none. */
    long previous() {
        String last = header(LAST_SEQUENCE);
        return last == null ? 0 : Long.parseLong(last);
    }

    @Nullable
    String header(String name) {
        return headers == null ? null : headers.getFirst(name);
    }

    /** Of a message of a log. */
    Position position() {
        return new Position(Subjects.epoch(subject), sequence, atMillis);
    }

    /** Of a message of a log. */
    Live live(List<Link> links) {
        return new Live(EventWire.decode(data).event(), position(), links);
    }

    private static String required(Headers headers, String name) {
        String value = headers.getFirst(name);
        if (value == null) {
            throw new IllegalStateException("a message without " + name + " came");
        }
        return value;
    }
}
