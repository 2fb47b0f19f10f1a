package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.format.WireFormat;
import dev.carillon.scope.TagFilter;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Options of a new connection.
 *
 * @param grants initial grants; they may be renewed while the connection is open
 * @param format wire format
 * @param filter selects events of routes and topics by their tags; null: all events
 * @param address the client's address, to which queued bytes are charged
 * @param refusalHead returns the bytes to write first if the connection ends before it opens: the head of a response that says why
 */
public record ConnectionOptions(
        Grants grants,
        WireFormat format,
        @Nullable TagFilter filter,
        long address,
        ConnectionListener listener,
        Function<CloseReason, byte[]> refusalHead) {
    private static final byte[] NO_BYTES = {};

    /** Options of a connection without a filter, for a pipe whose response has begun. */
    public ConnectionOptions(Grants grants, WireFormat format, long address, ConnectionListener listener) {
        this(grants, format, null, address, listener, reason -> NO_BYTES);
    }
}
