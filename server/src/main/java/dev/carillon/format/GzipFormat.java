package dev.carillon.format;

import dev.carillon.base.Bytes;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Live;
import java.io.ByteArrayOutputStream;
import java.util.zip.Deflater;

/**
 * Compresses another format with gzip (RFC 1952). Every piece consists of separate blocks (RFC 1951) that refer to no earlier bytes and end on a byte
 * boundary, so that the same bytes serve every connection, whenever it began. Pieces that are short or do not shrink are stored. The stream has no
 * trailer, as its checksum would differ for each connection.
 *
 * <p>Every piece ends with an empty stored block, like a deflater's flush. Some decoders (such as Go's compress/flate) buffer their output until the window is full
 * or such a block arrives; without it a client would see an event only after many later ones.
 */
final class GzipFormat implements WireFormat {
    /** RFC 1952, section 2.3: deflate, no flags, no time, no hints, system unknown. */
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    /** An empty stored block (RFC 1951, section 3.2.4). */
    private static final byte[] FLUSH = {0, 0, 0, (byte) 0xff, (byte) 0xff};

    private static final int MAX_STORED = 65_535;
    /** Shorter pieces are not deflated, as that would save almost nothing. */
    private static final int MIN_DEFLATED = 128;

    private final WireFormat plain;
    private final Deflaters deflaters = new Deflaters();

    GzipFormat(WireFormat plain) {
        this.plain = plain;
    }

    @Override
    public byte[] preamble() {
        return Bytes.join(HEADER, compress(plain.preamble()));
    }

    @Override
    public byte[] encode(Live live, boolean withId) {
        return compress(plain.encode(live, withId));
    }

    @Override
    public byte[] notice(String type, String data) {
        return compress(plain.notice(type, data));
    }

    @Override
    public byte[] retry(int millis) {
        return compress(plain.retry(millis));
    }

    @Override
    public byte[] heartbeat() {
        return compress(plain.heartbeat());
    }

    @Override
    public byte[] end(CloseReason reason) {
        return compress(plain.end(reason));
    }

    private byte[] compress(byte[] raw) {
        if (raw.length == 0) {
            return raw;
        }
        byte[] stored = stored(raw);
        if (raw.length < MIN_DEFLATED) {
            return stored;
        }
        byte[] deflated = deflaters.deflate(raw, Deflater.FULL_FLUSH);
        return deflated.length < stored.length ? deflated : stored;
    }

    private static byte[] stored(byte[] raw) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(raw.length + 5 * (raw.length / MAX_STORED + 2));
        for (int at = 0; at < raw.length; at += MAX_STORED) {
            int length = Math.min(MAX_STORED, raw.length - at);
            out.write(0);
            out.write(length);
            out.write(length >>> 8);
            out.write(~length);
            out.write(~length >>> 8);
            out.write(raw, at, length);
        }
        out.writeBytes(FLUSH);
        return out.toByteArray();
    }
}
