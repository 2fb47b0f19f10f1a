package dev.carillon.lab.fleet;

import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/**
 * One event stream over a connection of HTTP/2 of its own (RFC 9113), as a browser with one open page has it. Flow control is not used: both windows are as
 * large as possible. Of the response's headers only the status is read, and only where it is 200, so that no state of HPACK is needed.
 */
public final class Http2Stream implements ResponseParser {
    private static final int FRAME_HEAD = 9;
    private static final int STREAM = 1;
    private static final int MAX_WINDOW = Integer.MAX_VALUE;
    private static final int INITIAL_WINDOW = 65_535;
    private static final int OK = 200;
    /** For any other status, whose code is not decoded. */
    private static final int NOT_OK = 599;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;

    private static final int ACK = 1;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;

    private static final int ENABLE_PUSH = 2;
    private static final int INITIAL_WINDOW_SIZE = 4;

    /** RFC 7541, appendix A: {@code :status: 200}. */
    private static final int STATUS_200 = 0x88;
    /** RFC 7541, section 6.3: the prefix of a change of the table's size, which may come before. */
    private static final int TABLE_SIZE_MASK = 0xe0;

    private static final int TABLE_SIZE = 0x20;

    private final Consumer<ByteBuffer> onBody;
    private final Consumer<byte[]> send;
    private final ByteBuffer head = ByteBuffer.allocate(FRAME_HEAD);
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream(128);
    private int left;
    private int status;
    private boolean ended;

    /** @param send writes bytes to the server */
    public Http2Stream(Consumer<ByteBuffer> onBody, Consumer<byte[]> send) {
        this.onBody = onBody;
        this.send = send;
    }

    /** The bytes with which the client begins. */
    public static byte[] request(String authority, String target) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        ByteBuffer settings = ByteBuffer.allocate(12)
                .putShort((short) ENABLE_PUSH)
                .putInt(0)
                .putShort((short) INITIAL_WINDOW_SIZE)
                .putInt(MAX_WINDOW);
        out.writeBytes(frame(SETTINGS, 0, 0, settings.array()));
        out.writeBytes(frame(
                WINDOW_UPDATE,
                0,
                0,
                ByteBuffer.allocate(4).putInt(MAX_WINDOW - INITIAL_WINDOW).array()));
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        // RFC 7541, appendix A: GET, https; then literals whose names are in the static table.
        headers.write(0x82);
        headers.write(0x87);
        literal(headers, new byte[] {0x04}, target);
        literal(headers, new byte[] {0x01}, authority);
        literal(headers, new byte[] {0x0f, 19 - 15}, "text/event-stream");
        out.writeBytes(frame(HEADERS, END_STREAM | END_HEADERS, STREAM, headers.toByteArray()));
        return out.toByteArray();
    }

    private static void literal(ByteArrayOutputStream out, byte[] name, String value) {
        byte[] text = value.getBytes(StandardCharsets.US_ASCII);
        if (text.length > 126) {
            throw new IllegalArgumentException("longer than 126 bytes: " + value);
        }
        out.writeBytes(name);
        out.write(text.length);
        out.writeBytes(text);
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(FRAME_HEAD + payload.length)
                .putShort((short) (payload.length >> 8))
                .put((byte) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    @Override
    public void feed(ByteBuffer bytes) throws ProtocolException {
        while (bytes.hasRemaining() && !ended) {
            if (head.hasRemaining()) {
                head.put(bytes.get());
                if (!head.hasRemaining()) {
                    left = Short.toUnsignedInt(head.getShort(0)) << 8 | Byte.toUnsignedInt(head.get(2));
                }
            } else {
                int n = Math.min(left, bytes.remaining());
                byte[] part = new byte[n];
                bytes.get(part);
                payload.writeBytes(part);
                left -= n;
            }
            if (!head.hasRemaining() && left == 0) {
                frame(head.get(3), head.get(4), payload.toByteArray());
                head.clear();
                payload.reset();
            }
        }
    }

    private void frame(int type, int flags, byte[] content) throws ProtocolException {
        switch (type) {
            case DATA -> {
                int padding = (flags & PADDED) == 0 ? 0 : 1 + content[0];
                int from = padding == 0 ? 0 : 1;
                onBody.accept(ByteBuffer.wrap(content, from, content.length - padding));
                ended |= (flags & END_STREAM) != 0;
            }
            case HEADERS -> {
                int at = (flags & PADDED) == 0 ? 0 : 1;
                while (at < content.length && (content[at] & TABLE_SIZE_MASK) == TABLE_SIZE) {
                    at++;
                }
                status = at < content.length && Byte.toUnsignedInt(content[at]) == STATUS_200 ? OK : NOT_OK;
                ended |= (flags & END_STREAM) != 0;
            }
            case SETTINGS -> {
                if ((flags & ACK) == 0) {
                    send.accept(frame(SETTINGS, ACK, 0, new byte[0]));
                }
            }
            case PING -> {
                if ((flags & ACK) == 0) {
                    send.accept(frame(PING, ACK, 0, content));
                }
            }
            case RST_STREAM, GOAWAY -> throw new ProtocolException("the server ended the stream");
            default -> {
                // Nothing else has a meaning for this client.
            }
        }
    }

    @Override
    public int status() {
        return status;
    }

    /** None is decoded. */
    @Override
    public List<String> header(String name) {
        return List.of();
    }

    @Override
    public boolean ended() {
        return ended;
    }
}
