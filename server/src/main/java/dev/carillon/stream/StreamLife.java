package dev.carillon.stream;

import dev.carillon.base.CloseReason;
import dev.carillon.delivery.OpenConnection;

/** What an application does with a stream of its own. Called on the stream's I/O thread; must not block. */
public interface StreamLife {
    /** It is open, with a context. */
    void opened(OpenConnection connection, String context);

    /** It was closed, or was not opened at all. */
    void closed(CloseReason reason);
}
