package dev.carillon.transport;

import dev.carillon.base.CloseReason;
import dev.carillon.delivery.OpenConnection;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a client that only receives (RFC 6455, section 5): answers ping and close, drops text and binary frames of up to
 * {@value WebSocketFrame#MAX_BYTES} bytes, and closes the connection for a violation of the protocol. On the connection's I/O thread only.
 */
public final class WebSocketReader {
    /** The frame that was read in part. */
    private @Nullable WebSocketFrame unfinished;

    /** Consumes the bytes. */
    public void read(ByteBuffer bytes, OpenConnection connection) {
        while (bytes.hasRemaining()) {
            WebSocketFrame frame = unfinished == null ? new WebSocketFrame() : unfinished;
            int problem = frame.read(bytes);
            unfinished = frame.isComplete() ? null : frame;
            if (problem != 0) {
                connection.closeNow(CloseReason.PROTOCOL_ERROR, frame(WebSocketFrame.CLOSE, new byte[] {
                    (byte) (problem >>> 8), (byte) problem
                }));
                return;
            }
            if (frame.isComplete() && !answer(frame, connection)) {
                return;
            }
        }
    }

    /** @return false after the last frame of the connection */
    private static boolean answer(WebSocketFrame frame, OpenConnection connection) {
        byte[] payload = frame.control();
        if (payload != null && frame.opcode() == WebSocketFrame.CLOSE) {
            connection.closeNow(
                    CloseReason.CLIENT_LEFT,
                    frame(WebSocketFrame.CLOSE, payload.length >= 2 ? Arrays.copyOf(payload, 2) : new byte[0]));
            return false;
        }
        if (payload != null) {
            connection.writeNow(frame(WebSocketFrame.PONG, payload));
        }
        return true;
    }

    private static byte[] frame(int opcode, byte[] payload) {
        return ByteBuffer.allocate(2 + payload.length)
                .put((byte) (0x80 | opcode))
                .put((byte) payload.length)
                .put(payload)
                .array();
    }
}
