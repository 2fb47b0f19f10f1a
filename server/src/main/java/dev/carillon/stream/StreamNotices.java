package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.delivery.OpenConnection;
import dev.carillon.scope.Cursor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** What a node sends on an open stream besides events: pings, and a warning before the token expires. On the connection's I/O thread only. */
final class StreamNotices {
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
        if (connection.isChanging()) {
            // Events of scopes that are being added may be missing before its position.
            return;
        }
        connection.noticeNow("carillon.ping", position(connection).toString());
    }

    /** The id of the last event, if it has one, and the cursor after it; empty while scopes are being added. */
    static ObjectNode position(OpenConnection connection) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (connection.isChanging()) {
            return json;
        }
        String id = connection.lastId();
        if (id != null) {
            json.put("id", id);
        }
        return json.put("cursor", Cursor.of(connection.position()));
    }
}
