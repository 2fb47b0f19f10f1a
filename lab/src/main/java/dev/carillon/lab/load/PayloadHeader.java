package dev.carillon.lab.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Header of a payload: {@code @run,topic,connection,sequence,nanos,} in decimal, followed by padding. An instance holds the values that were read
 * last; for one thread.
 */
final class PayloadHeader {
    /** Size of a header with the largest numbers. */
    static final int MIN_BYTES = 64;

    /** A smaller number can have one more digit without overflow. */
    private static final long MAX = Long.MAX_VALUE / 10 - 1;

    /** Run of the event; events of other runs are ignored. */
    long run;

    long topic;

    /** Number of the publisher connection, which has one broadcast in flight at most, so that its events are ordered. */
    long connection;

    /** Sequence of the event by connection and topic, from 1. */
    long sequence;

    /** When the event was due, since the start of the run. */
    long nanos;

    private int at;

    static String text(long run, int topic, int connection, long sequence, long nanos) {
        return "@" + run + "," + topic + "," + connection + "," + sequence + "," + nanos + ",";
    }

    /** A payload that begins with the text and is padded to a size. */
    static byte[] payload(String text, int bytes) {
        byte[] payload = new byte[bytes];
        byte[] head = text.getBytes(StandardCharsets.US_ASCII);
        Arrays.fill(payload, (byte) 'x');
        System.arraycopy(head, 0, payload, 0, head.length);
        return payload;
    }

    /** Parses a header; returns whether there is one. Allocates nothing. */
    boolean read(byte[] bytes, int from, int to) {
        if (from >= to || bytes[from] != '@') {
            return false;
        }
        at = from + 1;
        run = number(bytes, to);
        topic = number(bytes, to);
        connection = number(bytes, to);
        sequence = number(bytes, to);
        nanos = number(bytes, to);
        return run >= 0 && topic >= 0 && connection >= 0 && sequence > 0 && nanos >= 0;
    }

    /** Parses a number and the comma after it; -1 if there is none. */
    private long number(byte[] bytes, int to) {
        long value = 0;
        int begin = at;
        for (; at < to && bytes[at] >= '0' && bytes[at] <= '9' && value < MAX; at++) {
            value = value * 10 + bytes[at] - '0';
        }
        if (at == begin || at >= to || bytes[at] != ',') {
            return -1;
        }
        at++;
        return value;
    }
}
