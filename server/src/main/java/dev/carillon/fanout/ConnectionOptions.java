package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.format.WireFormat;
import dev.carillon.scope.TagFilter;
import org.jspecify.annotations.Nullable;

/**
 * Options of a new connection.
 *
 * @param grants initial grants; they may be renewed while the connection is open
 * @param format wire format
 * @param filter selects events of routes and topics by their tags; null: all events
 * @param address the client's address, to which queued bytes are charged
 */
public record ConnectionOptions(
        Grants grants, WireFormat format, @Nullable TagFilter filter, long address, ConnectionListener listener) {
    /** Options of a connection without a filter. */
    public ConnectionOptions(Grants grants, WireFormat format, long address, ConnectionListener listener) {
        this(grants, format, null, address, listener);
    }
}
