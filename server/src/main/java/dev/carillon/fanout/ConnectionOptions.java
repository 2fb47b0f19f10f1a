package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.format.WireFormat;

/**
 * Options of a new connection.
 *
 * @param grants initial grants; they may be renewed while the connection is open
 * @param format wire format
 * @param address the client's address, to which queued bytes are charged
 */
public record ConnectionOptions(Grants grants, WireFormat format, long address, ConnectionListener listener) {}
