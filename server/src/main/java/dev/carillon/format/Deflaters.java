package dev.carillon.format;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.zip.Deflater;

/** Compresses independent pieces; keeps some deflaters for reuse, as each has large tables outside the heap. Thread-safe. */
final class Deflaters {
    private static final int CHUNK = 4_096;
    /** Number of deflaters kept for reuse. */
    private static final int SPARE = 4;

    private final ArrayBlockingQueue<Deflater> spare = new ArrayBlockingQueue<>(SPARE);

    /**
     * Returns separate blocks (RFC 1951) that refer to no earlier bytes and end on a byte boundary.
     *
     * @param flush {@link Deflater#SYNC_FLUSH} or {@link Deflater#FULL_FLUSH}
     */
    byte[] deflate(byte[] raw, int flush) {
        Deflater deflater = spare.poll();
        if (deflater == null) {
            deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        }
        deflater.reset();
        deflater.setInput(raw);
        ByteArrayOutputStream out = new ByteArrayOutputStream(raw.length / 2);
        byte[] chunk = new byte[CHUNK];
        int n;
        do {
            n = deflater.deflate(chunk, 0, chunk.length, flush);
            out.write(chunk, 0, n);
        } while (n == chunk.length);
        if (!spare.offer(deflater)) {
            deflater.end();
        }
        return out.toByteArray();
    }
}
