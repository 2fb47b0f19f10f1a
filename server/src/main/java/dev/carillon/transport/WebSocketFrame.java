package dev.carillon.transport;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One frame of a client as it comes, part by part (RFC 6455, section 5.2); the payload of control frames is kept. */
final class WebSocketFrame {
    static final int MAX_BYTES = 64 * 1024;
    static final int CLOSE = 8;
    static final int PONG = 10;
    private static final int PING = 9;
    private static final int MAX_CONTROL_BYTES = 125;
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

    /**
     * Reads on, up to the end of the frame.
     *
     * @return 0, or the status code of what breaks the protocol
     */
    int read(ByteBuffer bytes) {
        while (bytes.hasRemaining() && !inPayload) {
            int problem = head(bytes.get() & 0xff);
            if (problem != 0) {
                return problem;
            }
        }
        if (inPayload) {
            payload(bytes);
        }
        return 0;
    }

    boolean isComplete() {
        return inPayload && taken == length;
    }

    int opcode() {
        return opcode;
    }

    /** The payload of a ping or a close; null: it was dropped. */
    byte @Nullable [] control() {
        return control;
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
}
