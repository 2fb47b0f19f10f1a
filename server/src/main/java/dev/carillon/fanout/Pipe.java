package dev.carillon.fanout;

import dev.carillon.socket.SocketDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The byte transport of one client connection. All methods are called on its I/O thread and must not block. */
public interface Pipe {
    /**
     * Writes as many bytes as the socket accepts now.
     *
     * @return number of bytes accepted; 0: none for now
     */
    int write(ByteBuffer bytes) throws IOException;

    /**
     * The file descriptor of the socket, if {@link #write} only writes to it; below 0: none. It stays valid until {@link #close}, {@link
     * #closeAfterFlush} or {@link PipeListener#closed()} is called; nothing else closes the socket.
     */
    default int descriptor() {
        return SocketDescriptor.NONE;
    }

    /** Turns calls of {@link PipeListener#writable()} on or off; when on, they repeat while the socket accepts bytes. */
    void wantWrites(boolean wanted);

    /** Sets the listener; called once, before the first write. */
    void listen(PipeListener listener);

    /** Closes at once; {@link PipeListener#closed()} need not follow. */
    void close();

    /**
     * Sends the written bytes and then closes, within a bounded time. If the protocol marks the end of a response (HTTP/2, chunks), the client sees
     * an incomplete one.
     */
    void closeAfterFlush();
}
