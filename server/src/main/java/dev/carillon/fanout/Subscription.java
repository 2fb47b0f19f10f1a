package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import dev.carillon.limits.MemoryBudget;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a connection is to have.
 *
 * @param interests its scopes; each counted by the feed until {@code onClosed}
 * @param format how it is written to
 * @param reader has what the client sends
 * @param address of the client, to which what waits for it is charged
 * @param onClosed called once when the connection is gone, on its I/O thread; must not block
 */
public record Subscription(
        Grants grants, List<Interest> interests, WireFormat format, Reader reader, long address, Runnable onClosed) {
    public Subscription {
        interests = List.copyOf(interests);
    }

    /** Of no client address. */
    public Subscription(Grants grants, List<Interest> interests, WireFormat format, Reader reader, Runnable onClosed) {
        this(grants, interests, format, reader, MemoryBudget.NO_ADDRESS, onClosed);
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
