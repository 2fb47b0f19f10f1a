package dev.carillon.lab.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Finds the events of an event stream (HTML Standard, section 9.2.6) with their first data line. Lines end with LF or CRLF. */
final class SseScanner implements StreamScanner {
    /** Of a line that arrives in parts only this much is kept: the payload header is at its beginning. */
    static final int KEPT_BYTES = 160;

    private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] GAP = "event: carillon.gap".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NONE = {};

    private final Sink sink;
    private final int keptBytes;
    /** Beginning of an incomplete line. */
    private byte[] part = NONE;

    private int partLength;
    /** Data of an incomplete event. */
    private byte[] data = NONE;

    private int dataLength;
    private boolean hasData;
    private boolean isGap;

    SseScanner(Sink sink) {
        this(sink, KEPT_BYTES);
    }

    /** @param keptBytes bytes that are kept of a line */
    SseScanner(Sink sink, int keptBytes) {
        this.sink = sink;
        this.keptBytes = keptBytes;
    }

    @Override
    public void scan(byte[] bytes, int from, int to) {
        int begin = from;
        for (int i = from; i < to; i++) {
            if (bytes[i] == '\n') {
                if (partLength == 0) {
                    line(bytes, begin, i);
                } else {
                    keepPart(bytes, begin, i);
                    int length = partLength;
                    partLength = 0;
                    line(part, 0, length);
                }
                begin = i + 1;
            }
        }
        if (begin < to) {
            keepPart(bytes, begin, to);
        }
    }

    private void keepPart(byte[] bytes, int from, int to) {
        if (part.length == 0) {
            part = new byte[keptBytes];
        }
        int n = Math.min(to - from, keptBytes - partLength);
        System.arraycopy(bytes, from, part, partLength, n);
        partLength += n;
    }

    private void line(byte[] bytes, int from, int end) {
        int to = end > from && bytes[end - 1] == '\r' ? end - 1 : end;
        if (from == to) {
            end();
        } else if (!hasData && starts(bytes, from, to, DATA)) {
            int value = from + DATA.length;
            keepData(bytes, value < to && bytes[value] == ' ' ? value + 1 : value, to);
        } else if (starts(bytes, from, to, GAP)) {
            isGap = true;
        }
    }

    /** Keeps the data until the empty line that completes the event. */
    private void keepData(byte[] bytes, int from, int to) {
        if (data.length == 0) {
            data = new byte[keptBytes];
        }
        dataLength = Math.min(to - from, keptBytes);
        System.arraycopy(bytes, from, data, 0, dataLength);
        hasData = true;
    }

    private void end() {
        if (hasData && isGap) {
            sink.gap(data, 0, dataLength);
        } else if (hasData) {
            sink.event(data, 0, dataLength);
        }
        hasData = false;
        isGap = false;
    }

    private static boolean starts(byte[] bytes, int from, int to, byte[] with) {
        return to - from >= with.length && Arrays.mismatch(bytes, from, from + with.length, with, 0, with.length) < 0;
    }
}
