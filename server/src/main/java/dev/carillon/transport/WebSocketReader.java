package dev.carillon.transport;

import dev.carillon.base.CloseReason;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of a WebSocket client (RFC 6455, section 5): assembles fragments, decompresses (RFC 7692, without context takeover), checks
 * UTF-8, answers ping and close, and closes the connection for a violation of the protocol. On the connection's I/O thread only.
 */
public final class WebSocketReader {
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int FIRST_CONTROL = CLOSE;
    private static final int MAX_CONTROL_BYTES = 125;

    private static final int PROTOCOL_ERROR = 1002;
    private static final int INVALID_PAYLOAD = 1007;
    private static final int TOO_BIG = 1009;
    private static final int TRY_AGAIN_LATER = 1013;
    private static final byte[] NOTHING = {};

    /** Receives complete messages. */
    public interface Messages {
        void text(String text);

        void binary(byte[] bytes);
    }

    /** The side that answers. */
    public interface Answers {
        /** Writes a frame. */
        void write(byte[] frame);

        /** Closes the connection after this close frame. */
        void close(CloseReason reason, byte[] frame);
    }

    private int maxBytes;
    private final boolean compression;
    /** Changes the memory that is charged for the unfinished message to a total; false: refused. */
    private final LongPredicate charge;

    // The frame that is being read: bytes of its head read so far, and its fields.
    private int headRead;
    private boolean isFinal;
    private boolean compressedFrame;
    private int opcode;
    private int lengthBytes;
    private long length;
    private int mask;
    private boolean inPayload;
    private int payloadRead;
    private byte[] control = NOTHING;

    // The message that is being assembled. Its buffer exists only while there is one.
    /** Opcode of the first frame; 0: no message. */
    private int message;

    private boolean compressedMessage;
    private byte[] buffer = NOTHING;
    private int size;
    private @Nullable Utf8Check utf8;

    private boolean ended;

    /**
     * @param compression whether {@code permessage-deflate} was agreed on
     * @param charge changes the memory that is charged for the unfinished message to a total in bytes; returns false if that is refused
     */
    public WebSocketReader(boolean compression, LongPredicate charge) {
        this.compression = compression;
        this.charge = charge;
    }

    /** Sets the maximum size of the following messages, compressed and decompressed; it must be set before the first one. */
    public void maxBytes(int bytes) {
        maxBytes = bytes;
    }

    /** Consumes the bytes. Those after the last frame of the connection are ignored. */
    public void read(ByteBuffer bytes, Messages messages, Answers answers) {
        while (bytes.hasRemaining() && !ended) {
            int problem = inPayload ? 0 : head(bytes);
            if (problem == 0 && inPayload) {
                problem = payload(bytes);
                if (problem == 0 && payloadRead == length) {
                    problem = frame(messages, answers);
                }
            }
            if (problem != 0) {
                end(
                        answers,
                        problem == TRY_AGAIN_LATER ? CloseReason.OVERLOADED : CloseReason.PROTOCOL_ERROR,
                        code(problem));
            }
        }
    }

    /** Drops the unfinished message. */
    public void close() {
        ended = true;
        drop();
    }

    private void end(Answers answers, CloseReason reason, byte[] payload) {
        close();
        answers.close(reason, frame(CLOSE, payload));
    }

    /** Reads bytes of the head; returns 0, or the status code for a violation. */
    private int head(ByteBuffer bytes) {
        while (bytes.hasRemaining() && !inPayload) {
            int problem = head(bytes.get() & 0xff);
            if (problem != 0) {
                return problem;
            }
        }
        return 0;
    }

    private int head(int next) {
        int at = headRead++;
        if (at == 0) {
            return first(next);
        }
        if (at == 1) {
            return maskAndLength(next);
        }
        if (at < 2 + lengthBytes) {
            length = length << 8 | next;
            // A negative length has the first bit set, which is not allowed.
            return at == 1 + lengthBytes || length < 0 ? checkLength() : 0;
        }
        mask = mask << 8 | next;
        if (at == 5 + lengthBytes) {
            headRead = 0;
            inPayload = true;
            payloadRead = 0;
            if (opcode >= FIRST_CONTROL) {
                control = new byte[(int) length];
            }
        }
        return 0;
    }

    private int first(int next) {
        opcode = next & 0x0f;
        isFinal = (next & 0x80) != 0;
        compressedFrame = (next & 0x40) != 0;
        boolean isControl = opcode >= FIRST_CONTROL;
        if ((next & 0x30) != 0 || opcode > PONG || (opcode > 2 && !isControl) || (isControl && !isFinal)) {
            return PROTOCOL_ERROR;
        }
        // RFC 7692, section 6: only the first frame of a message says that it is compressed.
        if (compressedFrame && (!compression || isControl || opcode == CONTINUATION)) {
            return PROTOCOL_ERROR;
        }
        boolean begins = opcode != CONTINUATION;
        return !isControl && begins == (message != 0) ? PROTOCOL_ERROR : 0;
    }

    private int maskAndLength(int next) {
        int given = next & 0x7f;
        // RFC 6455, section 5.1: a client must mask its frames.
        if ((next & 0x80) == 0 || (opcode >= FIRST_CONTROL && given > MAX_CONTROL_BYTES)) {
            return PROTOCOL_ERROR;
        }
        lengthBytes = given == 126 ? 2 : given == 127 ? 8 : 0;
        length = lengthBytes == 0 ? given : 0;
        mask = 0;
        return lengthBytes == 0 ? checkLength() : 0;
    }

    private int checkLength() {
        // Section 5.2: the shortest form must be used.
        if ((lengthBytes == 2 && length <= MAX_CONTROL_BYTES) || (lengthBytes == 8 && length >= 0 && length < 65_536)) {
            return PROTOCOL_ERROR;
        }
        boolean tooBig = opcode < FIRST_CONTROL && length > maxBytes - (message == 0 ? 0 : size);
        return length < 0 || tooBig ? TOO_BIG : 0;
    }

    private int payload(ByteBuffer bytes) {
        int n = (int) Math.min(bytes.remaining(), length - payloadRead);
        byte[] into;
        int at;
        if (opcode >= FIRST_CONTROL) {
            into = control;
            at = payloadRead;
        } else {
            if (payloadRead == 0 && opcode != CONTINUATION) {
                message = opcode;
                compressedMessage = compressedFrame;
                utf8 = opcode == TEXT && !compressedFrame ? new Utf8Check() : null;
            }
            if (!grow(size + n)) {
                return TRY_AGAIN_LATER;
            }
            into = buffer;
            at = size;
            size += n;
        }
        bytes.get(into, at, n);
        for (int i = 0; i < n; i++) {
            into[at + i] ^= (byte) (mask >>> (24 - 8 * (payloadRead + i & 3)));
        }
        payloadRead += n;
        return opcode < FIRST_CONTROL ? check(at, n) : 0;
    }

    private int check(int from, int count) {
        Utf8Check text = utf8;
        if (text != null) {
            for (int i = from; i < from + count; i++) {
                if (!text.accepts(buffer[i] & 0xff)) {
                    return INVALID_PAYLOAD;
                }
            }
        }
        return 0;
    }

    private boolean grow(int needed) {
        if (needed > buffer.length) {
            int next = Math.max(needed, (int) Math.min(maxBytes, Math.max(2L * buffer.length, length)));
            if (!charge.test(next)) {
                return false;
            }
            buffer = Arrays.copyOf(buffer, next);
        }
        return true;
    }

    /** Handles a complete frame; returns 0, or the status code for a violation. */
    private int frame(Messages messages, Answers answers) {
        inPayload = false;
        switch (opcode) {
            case PING -> answers.write(frame(PONG, control));
            case PONG -> {
                // Any byte shows that the client is there.
            }
            case CLOSE -> {
                return closing(answers);
            }
            default -> {
                if (isFinal) {
                    return message(messages);
                }
            }
        }
        control = NOTHING;
        return 0;
    }

    private int closing(Answers answers) {
        byte[] payload = control;
        if (payload.length == 1) {
            return PROTOCOL_ERROR;
        }
        if (payload.length > 0) {
            if (!isCode((payload[0] & 0xff) << 8 | payload[1] & 0xff)) {
                return PROTOCOL_ERROR;
            }
            Utf8Check reason = new Utf8Check();
            for (int i = 2; i < payload.length; i++) {
                if (!reason.accepts(payload[i] & 0xff)) {
                    return INVALID_PAYLOAD;
                }
            }
            if (!reason.isComplete()) {
                return INVALID_PAYLOAD;
            }
        }
        end(answers, CloseReason.CLIENT_LEFT, payload.length == 0 ? NOTHING : Arrays.copyOf(payload, 2));
        return 0;
    }

    /** RFC 6455, section 7.4, and IANA's registry: 1004 is reserved; 1005, 1006 and 1015 are never sent. */
    private static boolean isCode(int code) {
        return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006) || code >= 3000 && code <= 4999;
    }

    private int message(Messages messages) {
        boolean isText = message == TEXT;
        byte[] bytes = buffer;
        int count = size;
        if (compressedMessage) {
            bytes = Inflation.inflate(buffer, size, maxBytes);
            if (bytes == null) {
                return INVALID_PAYLOAD;
            }
            count = bytes.length;
            if (count > maxBytes) {
                return TOO_BIG;
            }
        }
        boolean complete = utf8 == null || utf8.isComplete();
        drop();
        if (!complete) {
            return INVALID_PAYLOAD;
        }
        if (!isText) {
            messages.binary(bytes.length == count ? bytes : Arrays.copyOf(bytes, count));
            return 0;
        }
        try {
            CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, count));
            messages.text(text.toString());
            return 0;
        } catch (CharacterCodingException e) {
            return INVALID_PAYLOAD;
        }
    }

    private void drop() {
        message = 0;
        size = 0;
        utf8 = null;
        if (buffer.length > 0) {
            buffer = NOTHING;
            boolean _ = charge.test(0);
        }
    }

    private static byte[] code(int status) {
        return new byte[] {(byte) (status >>> 8), (byte) status};
    }

    private static byte[] frame(int opcode, byte[] payload) {
        return ByteBuffer.allocate(2 + payload.length)
                .put((byte) (0x80 | opcode))
                .put((byte) payload.length)
                .put(payload)
                .array();
    }
}
