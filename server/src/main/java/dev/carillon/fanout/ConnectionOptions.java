package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.format.WireFormat;

/**
 * What a connection begins with.
 *
 * @param grants of its token; they may be renewed while it is open
 * @param format how it is written to
 * @param address of the client, to which memory that waits for it is charged
 */
public record ConnectionOptions(Grants grants, WireFormat format, long address, ConnectionListener listener) {}
