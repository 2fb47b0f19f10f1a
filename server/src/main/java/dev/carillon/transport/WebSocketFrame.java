package dev.carillon.transport;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A client's frame, parsed incrementally (RFC 6455, section 5.2). It stores the payload of control frames only. */
final class WebSocketFrame {
    static final int MAX_BYTES = 64 * 1024;
    static final int CLOSE = 8;
    static final int PONG = 10;
    private static final int PING = 9;
    private static final int MAX_CONTROL_BYTES = 125;
    private static final int PROTOCOL_ERROR = 1002;
    private static final int TOO_BIG = 1009;

    /** Bytes of the head read so far: two fixed bytes, the extended length, the mask. */
    private int headRead;

    private int opcode;
    private int lengthBytes;
    private long length;
    private int mask;
    private boolean inPayload;
    private long payloadRead;
    private byte @Nullable [] control;

    /**
     * Reads bytes up to the end of the frame.
     *
     * @return 0, or the status code for a violation of the protocol
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
        return inPayload && payloadRead == length;
    }

    int opcode() {
        return opcode;
    }

    /** The payload of a ping or close frame; null for other frames. */
    byte @Nullable [] control() {
        return control;
    }

    private int head(int next) {
        int at = headRead++;
        if (at == 0) {
            opcode = next & 0x0f;
            boolean isFinal = (next & 0x80) != 0;
            boolean isControl = opcode >= CLOSE;
            // No extension was negotiated, and control frames are not fragmented.
            return (next & 0x70) != 0 || (isControl && !isFinal) || opcode > PONG || (opcode > 2 && !isControl)
                    ? PROTOCOL_ERROR
                    : 0;
        }
        if (at == 1) {
            return maskAndLength(next);
        }
        if (at < 2 + lengthBytes) {
            length = length << 8 | next;
            // A negative length has the first bit set, which is not allowed.
            return length < 0 || (at == 1 + lengthBytes && length > MAX_BYTES) ? TOO_BIG : 0;
        }
        mask = mask << 8 | next;
        if (at == 5 + lengthBytes) {
            inPayload = true;
            payloadRead = 0;
            control = opcode == PING || opcode == CLOSE ? new byte[(int) length] : null;
        }
        return 0;
    }

    private int maskAndLength(int next) {
        int size = next & 0x7f;
        // RFC 6455, section 5.1: a client must mask its frames.
        if ((next & 0x80) == 0 || (opcode >= CLOSE && size > MAX_CONTROL_BYTES)) {
            return PROTOCOL_ERROR;
        }
        lengthBytes = size == 126 ? 2 : size == 127 ? 8 : 0;
        length = lengthBytes == 0 ? size : 0;
        mask = 0;
        return 0;
    }

    private void payload(ByteBuffer bytes) {
        int n = (int) Math.min(bytes.remaining(), length - payloadRead);
        byte[] into = control;
        for (int i = 0; i < n; i++) {
            byte next = bytes.get();
            if (into != null) {
                int at = (int) payloadRead + i;
                into[at] = (byte) (next ^ mask >>> (24 - 8 * (at & 3)));
            }
        }
        payloadRead += n;
    }
}
