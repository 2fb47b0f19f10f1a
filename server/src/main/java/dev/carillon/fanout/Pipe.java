package dev.carillon.fanout;

import dev.carillon.socket.SocketDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The raw way to one client. All of it runs on the connection's I/O thread and must not block. */
public interface Pipe {
    /**
     * Writes what the socket takes now.
     *
     * @return bytes taken; 0: none for now
     */
    int write(ByteBuffer bytes) throws IOException;

    /**
     * The system's number of the socket, where {@link #write} does nothing but write to it; below 0: none. It is this pipe's until {@link
     * #close}, {@link #closeAfterFlush} or {@link PipeListener#closed()} is called; nobody else closes the socket.
     */
    default int descriptor() {
        return SocketDescriptor.NONE;
    }

    /** Asks for one call of {@link PipeListener#writable()} after another, until told otherwise, as the socket takes bytes. */
    void wantWrites(boolean wanted);

    /** Where to tell what happens; set once, before the first write. */
    void listen(PipeListener listener);

    /** Closes at once; {@link PipeListener#closed()} need not follow. */
    void close();

    /**
     * Sends what was written and then closes, within a bounded time. Where the protocol tells complete responses from those that were cut off
     * (HTTP/2, chunks), the client sees that this one was cut off.
     */
    void closeAfterFlush();
}
