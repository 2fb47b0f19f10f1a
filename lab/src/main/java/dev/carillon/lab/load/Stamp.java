package dev.carillon.lab.load;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a payload says at its beginning: {@code @run,topic,lane,sequence,nanos,} in decimal, after which it is filled up. One that was
 * read holds the last values; for one thread.
 */
final class Stamp {
    /** Room for the largest numbers. */
    static final int MIN_BYTES = 64;

    /** Below it a number takes one more digit without overflow. */
    private static final long MOST = Long.MAX_VALUE / 10 - 1;

    /** Which run's it is: events of others are none of ours. */
    long run;

    long topic;

    /** A lane has one broadcast under way at the most, so that its events have an order. */
    long lane;

    /** Of the lane and the topic, from 1. */
    long sequence;

    /** When it should have been sent, since the run began. */
    long nanos;

    private int at;

    static String text(long run, int topic, int lane, long sequence, long nanos) {
        return "@" + run + "," + topic + "," + lane + "," + sequence + "," + nanos + ",";
    }

    /** A whole payload. */
    static byte[] payload(String text, int bytes) {
        byte[] payload = new byte[bytes];
        byte[] head = text.getBytes(StandardCharsets.US_ASCII);
        Arrays.fill(payload, (byte) 'x');
        System.arraycopy(head, 0, payload, 0, head.length);
        return payload;
    }

    /** Reads one; returns whether there is one. Allocates nothing. */
    boolean read(byte[] bytes, int from, int to) {
        if (from >= to || bytes[from] != '@') {
            return false;
        }
        at = from + 1;
        run = number(bytes, to);
        topic = number(bytes, to);
        lane = number(bytes, to);
        sequence = number(bytes, to);
        nanos = number(bytes, to);
        return run >= 0 && topic >= 0 && lane >= 0 && sequence > 0 && nanos >= 0;
    }

    /** -1: there is none. */
    private long number(byte[] bytes, int to) {
        long value = 0;
        int begin = at;
        for (; at < to && bytes[at] >= '0' && bytes[at] <= '9' && value < MOST; at++) {
            value = value * 10 + bytes[at] - '0';
        }
        if (at == begin || at >= to || bytes[at] != ',') {
            return -1;
        }
        at++;
        return value;
    }
}
