package dev.carillon.source;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message of a source.
 *
 * @param number identifies it in its session; later messages have larger numbers
 * @param id identifies it in the source, the same at each delivery: an id of its producer, or its position; null: neither exists
 * @param key routing key or subject; null: none
 * @param headers texts with the names that the producer used
 * @param body must not be changed
 * @param time when it was produced; null: not known
 * @param redelivered whether an earlier session may have received it. Never false when one has
 */
@SuppressWarnings("ArrayRecordComponent") // Messages are not compared; a copy of each body would cost.
public record SourceMessage(
        long number,
        @Nullable String id,
        @Nullable String key,
        Map<String, String> headers,
        byte[] body,
        @Nullable Instant time,
        boolean redelivered) {
    public SourceMessage {
        headers = Map.copyOf(headers);
    }

    /** Does not show the content. */
    @Override
    public String toString() {
        return "SourceMessage[" + number + ", id=" + id + ", " + body.length + " bytes]";
    }
}
