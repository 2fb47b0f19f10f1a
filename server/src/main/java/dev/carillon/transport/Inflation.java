package dev.carillon.transport;

import java.io.ByteArrayOutputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Decompresses WebSocket messages (RFC 7692, section 7.2.2). Each message stands alone, so one inflater per thread serves all connections. */
final class Inflation {
    /** The end of a block that a sender leaves out. */
    private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};

    private static final int CHUNK = 8 * 1024;

    /** Its I/O thread lives as long as the node, and so does the inflater. */
    private static final ThreadLocal<Inflater> INFLATER = ThreadLocal.withInitial(() -> new Inflater(true));

    private Inflation() {}

    /**
     * Decompresses a message.
     *
     * @param maxBytes a message that is longer is not decompressed to its end; the result then has more than this number of bytes
     * @return null: the data is invalid
     */
    static byte @Nullable [] inflate(byte[] compressed, int size, int maxBytes) {
        Inflater inflater = INFLATER.get();
        inflater.reset();
        ByteArrayOutputStream out = new ByteArrayOutputStream(Math.min(maxBytes, 2 * size + CHUNK));
        byte[] chunk = new byte[CHUNK];
        try {
            inflater.setInput(compressed, 0, size);
            if (!inflate(inflater, chunk, out, maxBytes)) {
                return null;
            }
            // A message may end with a final block (section 7.2.3.4); nothing may follow it.
            if (!inflater.finished() && out.size() <= maxBytes) {
                inflater.setInput(TAIL);
                if (!inflate(inflater, chunk, out, maxBytes)) {
                    return null;
                }
            }
        } catch (DataFormatException e) {
            return null;
        } finally {
            inflater.setInput(TAIL, 0, 0);
        }
        return out.toByteArray();
    }

    private static boolean inflate(Inflater inflater, byte[] chunk, ByteArrayOutputStream out, int maxBytes)
            throws DataFormatException {
        while (out.size() <= maxBytes) {
            int n = inflater.inflate(chunk);
            out.write(chunk, 0, n);
            if (n == 0) {
                return !inflater.needsDictionary();
            }
        }
        return true;
    }
}
