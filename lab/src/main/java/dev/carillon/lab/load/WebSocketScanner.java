package dev.carillon.lab.load;

import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Finds events in the frames of a WebSocket server (RFC 6455, section 5): each event is one text frame of JSON. */
final class WebSocketScanner implements StreamScanner {
    /** Contains the id and type of an event, or a whole control frame. */
    private static final int KEPT_BYTES = 512;

    private static final byte[] DATA = "\"data\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] GAP = "{\"type\":\"gap\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NONE = {};

    private static final int TEXT = 0x81;
    private static final int CLOSE = 0x88;
    private static final int PING = 0x89;
    private static final int PONG = 0x8A;
    private static final int MAX_CONTROL_BYTES = 125;

    private final Sink sink;
    private int first;
    private int headLength;
    /** Length of the frame head, as far as it is known. */
    private int headNeeded = 2;
    /** Remaining bytes of the payload; while the head is read, the payload length so far. */
    private long remaining;

    private boolean inPayload;
    private byte[] part = NONE;
    private int partLength;

    public WebSocketScanner(Sink sink) {
        this.sink = sink;
    }

    @Override
    public void scan(byte[] bytes, int from, int to) throws ProtocolException {
        int at = from;
        while (at < to) {
            if (!inPayload) {
                head(bytes[at++] & 0xFF);
            } else if (partLength == 0 && to - at >= remaining) {
                int end = at + (int) remaining;
                frame(bytes, at, end);
                at = end;
            } else {
                int n = (int) Math.min(remaining, to - at);
                keep(bytes, at, n);
                at += n;
                remaining -= n;
                if (remaining == 0) {
                    frame(part, 0, partLength);
                }
            }
            if (inPayload && remaining == 0) {
                inPayload = false;
            }
        }
    }

    private void head(int b) throws ProtocolException {
        switch (headLength++) {
            case 0 -> {
                if (b != TEXT && b != CLOSE && b != PING && b != PONG) {
                    throw new ProtocolException("unexpected first byte of a frame: " + b
                            + "; only unfragmented text frames and control frames are supported");
                }
                first = b;
            }
            case 1 -> {
                if (b > 127 || (b > MAX_CONTROL_BYTES && first != TEXT)) {
                    throw new ProtocolException("masked frame, or control frame of more than 125 bytes");
                }
                headNeeded = b == 126 ? 4 : b == 127 ? 10 : 2;
                remaining = headNeeded == 2 ? b : 0;
            }
            default -> remaining = remaining << 8 | b;
        }
        if (headLength == headNeeded) {
            if (remaining < 0) {
                throw new ProtocolException("frame of more than 2^63 bytes");
            }
            headLength = 0;
            headNeeded = 2;
            partLength = 0;
            inPayload = true;
            if (remaining == 0) {
                frame(NONE, 0, 0);
            }
        }
    }

    private void keep(byte[] bytes, int from, int count) {
        if (part.length == 0) {
            part = new byte[KEPT_BYTES];
        }
        int n = Math.min(count, KEPT_BYTES - partLength);
        System.arraycopy(bytes, from, part, partLength, n);
        partLength += n;
    }

    private void frame(byte[] bytes, int from, int to) {
        remaining = 0;
        switch (first) {
            case TEXT -> text(bytes, from, Math.min(to, from + KEPT_BYTES));
            case PING -> sink.ping(bytes, from, to);
            case CLOSE -> sink.closing();
            default -> {
                // An unsolicited pong is ignored.
            }
        }
    }

    private void text(byte[] bytes, int from, int to) {
        if (find(bytes, from, to, GAP) >= 0) {
            sink.gap(bytes, from, to);
            return;
        }
        int data = find(bytes, from, to, DATA);
        int begin = data < 0 ? to : data + DATA.length;
        sink.event(bytes, begin, to);
    }

    private static int find(byte[] bytes, int from, int to, byte[] pattern) {
        for (int i = from; i <= to - pattern.length; i++) {
            if (bytes[i] == pattern[0] && Arrays.equals(bytes, i, i + pattern.length, pattern, 0, pattern.length)) {
                return i;
            }
        }
        return -1;
    }
}
