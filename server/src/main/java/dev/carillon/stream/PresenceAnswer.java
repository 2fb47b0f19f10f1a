package dev.carillon.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.presence.UserList;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** The answer to {@code GET /presence}. */
final class PresenceAnswer {
    /** Bytes of an answer beside its users, and of each user beside name and data. */
    private static final int FRAME_BYTES = 2_048;

    private static final int USER_FRAME_BYTES = 32;
    /** Bytes of a character in JSON, at most: that of a control character. */
    private static final int MAX_CHARACTER_BYTES = 6;

    private static final JsonMapper JSON = new JsonMapper();

    private final Scope scope;
    private final Position position;
    private final List<UserList.User> shown;
    private final int count;
    private final boolean truncated;

    PresenceAnswer(Scope scope, Position position, UserList users, int limit) {
        this.scope = scope;
        this.position = position;
        this.count = users.users().size();
        this.shown = users.users().subList(0, Math.min(limit, count));
        this.truncated = users.truncated() || count > limit;
    }

    /** An upper bound of the number of bytes. */
    int maxBytes() {
        int bytes = FRAME_BYTES + MAX_CHARACTER_BYTES * scope.text().length();
        for (UserList.User user : shown) {
            String data = user.data();
            bytes += USER_FRAME_BYTES
                    + MAX_CHARACTER_BYTES * user.name().length()
                    + (data == null ? 0 : Text.utf8Length(data));
        }
        return bytes;
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(maxBytes());
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("scope", scope.text());
            json.writeNumberField("count", count);
            json.writeArrayFieldStart("users");
            for (UserList.User user : shown) {
                json.writeStartObject();
                json.writeStringField("user", user.name());
                String data = user.data();
                if (data != null) {
                    json.writeFieldName("data");
                    json.writeRawValue(data);
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeBooleanField("truncated", truncated);
            json.writeStringField("cursor", Cursor.of(position));
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
