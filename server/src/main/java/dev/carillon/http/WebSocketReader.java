package dev.carillon.http;

import dev.carillon.fanout.Connection;
import dev.carillon.fanout.Subscription;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a client to which is only sent (RFC 6455, section 5): answers a ping and a close, drops text and binary up to
 * {@value #MAX_BYTES} bytes a frame, and closes for what breaks the protocol. On the connection's I/O thread only.
 */
public final class WebSocketReader implements Subscription.Reader {
    private static final int MAX_BYTES = 64 * 1024;
    private static final int MAX_CONTROL_BYTES = 125;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int PROTOCOL_ERROR = 1002;
    private static final int TOO_BIG = 1009;

    /** Bytes of the head that are known; two of fixed meaning, the rest of the length, the mask. */
    private int known;

    private int opcode;
    private int lengthBytes;
    private long length;
    private int mask;
    private boolean inPayload;
    private long taken;
    private byte @Nullable [] control;

    @Override
    public void read(ByteBuffer bytes, Connection connection) {
        while (bytes.hasRemaining()) {
            if (inPayload) {
                payload(bytes);
            } else {
                int problem = head(bytes.get() & 0xff);
                if (problem != 0) {
                    connection.end(close(problem));
                    return;
                }
            }
            if (inPayload && taken == length && !finish(connection)) {
                return;
            }
        }
    }

    private int head(int next) {
        int at = known++;
        if (at == 0) {
            opcode = next & 0x0f;
            boolean isFinal = (next & 0x80) != 0;
            boolean isControl = opcode >= CLOSE;
            // No extension was agreed on; control frames are never in parts.
            return (next & 0x70) != 0 || (isControl && !isFinal) || opcode > PONG || (opcode > 2 && !isControl)
                    ? PROTOCOL_ERROR
                    : 0;
        }
        if (at == 1) {
            return secondOfHead(next);
        }
        if (at < 2 + lengthBytes) {
            length = length << 8 | next;
            // A negative one has its first bit set, which it must not.
            return length < 0 || (at == 1 + lengthBytes && length > MAX_BYTES) ? TOO_BIG : 0;
        }
        mask = mask << 8 | next;
        if (at == 5 + lengthBytes) {
            inPayload = true;
            taken = 0;
            control = opcode == PING || opcode == CLOSE ? new byte[(int) length] : null;
        }
        return 0;
    }

    private int secondOfHead(int next) {
        int size = next & 0x7f;
        // RFC 6455, section 5.1: what a client sends is masked.
        if ((next & 0x80) == 0 || (opcode >= CLOSE && size > MAX_CONTROL_BYTES)) {
            return PROTOCOL_ERROR;
        }
        lengthBytes = size == 126 ? 2 : size == 127 ? 8 : 0;
        length = lengthBytes == 0 ? size : 0;
        mask = 0;
        return 0;
    }

    private void payload(ByteBuffer bytes) {
        int n = (int) Math.min(bytes.remaining(), length - taken);
        byte[] into = control;
        for (int i = 0; i < n; i++) {
            byte next = bytes.get();
            if (into != null) {
                int at = (int) taken + i;
                into[at] = (byte) (next ^ mask >>> (24 - 8 * (at & 3)));
            }
        }
        taken += n;
    }

    /** False: that was the last frame. */
    private boolean finish(Connection connection) {
        byte[] of = control;
        inPayload = false;
        known = 0;
        control = null;
        if (of != null && opcode == CLOSE) {
            connection.end(frame(CLOSE, of.length >= 2 ? Arrays.copyOf(of, 2) : new byte[0]));
            return false;
        }
        if (of != null) {
            connection.write(frame(PONG, of));
        }
        return true;
    }

    private static byte[] close(int code) {
        return frame(CLOSE, new byte[] {(byte) (code >>> 8), (byte) code});
    }

    private static byte[] frame(int opcode, byte[] payload) {
        return ByteBuffer.allocate(2 + payload.length)
                .put((byte) (0x80 | opcode))
                .put((byte) payload.length)
                .put(payload)
                .array();
    }
}
