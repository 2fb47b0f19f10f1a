package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a connection is to have.
 *
 * @param interests its scopes; each counted by the feed until {@code onClosed}
 * @param format how it is written to
 * @param reader has what the client sends
 * @param onClosed called once when the connection is gone, on its I/O thread; must not block
 */
public record Subscription(
        Grants grants, List<Interest> interests, WireFormat format, Reader reader, Runnable onClosed) {
    public Subscription {
        interests = List.copyOf(interests);
    }

    /** On the connection's I/O thread; must not block. */
    @FunctionalInterface
    public interface Reader {
        /** Of a client that is not expected to send anything. */
        Reader NONE = (bytes, connection) -> {};

        /** @param bytes valid during the call; what is not read of them is dropped */
        void read(ByteBuffer bytes, Connection connection);
    }
}
