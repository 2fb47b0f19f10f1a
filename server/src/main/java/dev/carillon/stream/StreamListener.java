package dev.carillon.stream;

import dev.carillon.base.CloseReason;
import dev.carillon.delivery.OpenConnection;

/** Receives the opening and the end of a stream of an extension. Called on the I/O thread of the stream; must not block. */
public interface StreamListener {
    /**
     * The stream is open.
     *
     * @param context id of its context
     */
    void opened(OpenConnection connection, String context);

    /** The stream has ended, or could not be opened. */
    void closed(CloseReason reason);
}
