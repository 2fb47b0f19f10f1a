package dev.carillon.fanout;

/** The connection is closed, so the operation has no effect. */
public final class ConnectionClosedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ConnectionClosedException() {
        super("the connection is closed", null, false, false);
    }
}
