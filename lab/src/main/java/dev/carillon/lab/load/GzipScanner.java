package dev.carillon.lab.load;

import java.net.ProtocolException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Decompresses a gzip stream (RFC 1952) incrementally for another scanner. The caller must call {@link #end()}. */
final class GzipScanner implements StreamScanner {
    private static final int HEAD_BYTES = 10;
    private static final int FLAGS_AT = 3;
    private static final int[] BEGIN = {0x1f, 0x8b, 8};

    private final StreamScanner next;
    /** Output buffer, shared by all scanners of a thread. */
    private final byte[] plain;

    private final Inflater inflater = new Inflater(true);
    private int headRead;

    public GzipScanner(StreamScanner next, byte[] plain) {
        this.next = next;
        this.plain = plain;
    }

    @Override
    public void scan(byte[] bytes, int from, int to) throws ProtocolException {
        int at = from;
        for (; headRead < HEAD_BYTES && at < to; at++, headRead++) {
            int b = bytes[at] & 0xFF;
            if (headRead < BEGIN.length && b != BEGIN[headRead] || headRead == FLAGS_AT && b != 0) {
                throw new ProtocolException("no gzip stream, or one with optional header fields");
            }
        }
        if (at == to) {
            return;
        }
        inflater.setInput(bytes, at, to - at);
        try {
            int n = inflater.inflate(plain);
            while (n > 0) {
                next.scan(plain, 0, n);
                n = inflater.inflate(plain);
            }
        } catch (DataFormatException e) {
            throw new ProtocolException("broken gzip: " + e.getMessage());
        }
    }

    public void end() {
        inflater.end();
    }
}
