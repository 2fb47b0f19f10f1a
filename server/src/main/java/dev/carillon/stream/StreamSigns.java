package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.scope.Cursor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** What a node sends on an open stream besides events: pings, and a warning before the token expires. On the connection's I/O thread only. */
final class StreamSigns {
    static final Duration WARNING = Duration.ofSeconds(60);

    /** End of the token for which the warning was sent; 0: none. */
    private long warnedOfSecond;

    /** Sends the warning once for each token, {@link #WARNING} before its end. To be called every second. */
    void tick(OpenConnection connection, InstantSource clock) {
        Instant end = connection.grants().expiresAt();
        if (end == null || end.getEpochSecond() == warnedOfSecond) {
            return;
        }
        long seconds = end.getEpochSecond() - clock.instant().getEpochSecond();
        if (seconds <= WARNING.toSeconds()) {
            warnedOfSecond = end.getEpochSecond();
            connection.noticeNow(
                    "carillon.token",
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("expires_in", Math.max(0, seconds))
                            .toString());
        }
    }

    /** Tells the client the last event that it should have received, so that it finds a gap by itself. */
    static void ping(OpenConnection connection) {
        connection.noticeNow("carillon.ping", position(connection).toString());
    }

    /** The id of the last event, if it has one, and the cursor after it. */
    static ObjectNode position(OpenConnection connection) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        String id = connection.lastId();
        if (id != null) {
            json.put("id", id);
        }
        return json.put("cursor", Cursor.of(connection.position()));
    }
}
