package dev.carillon.page.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file in memory, with its compressed forms.
 *
 * @param gzip null: not smaller, or too large to be compressed here
 * @param brotli null: there is no file with the additional extension {@code br}
 */
record LoadedFile(
        FileSource.Stamp stamp,
        String mediaType,
        String hash,
        ByteBuffer plain,
        @Nullable ByteBuffer gzip,
        @Nullable ByteBuffer brotli) {
    /** Below, the head of an answer is larger than what is saved. */
    private static final int MIN_COMPRESSED = 512;

    /** Larger files are compressed before, or sent as they are: it takes a processor too long. */
    private static final int MAX_COMPRESSED = 1024 * 1024;

    /** Reads a file. Forms that were compressed before are preferred. */
    static LoadedFile read(FileSource source, String name, FileSource.Stamp stamp) throws IOException {
        byte[] plain = source.read(name);
        String type = FileName.mediaType(name);
        boolean small = plain.length < MIN_COMPRESSED || !FileName.isCompressible(type);
        ByteBuffer brotli = compressedBefore(source, name + ".br", stamp);
        ByteBuffer gzip = compressedBefore(source, name + ".gz", stamp);
        if (gzip == null && !small && plain.length <= MAX_COMPRESSED) {
            gzip = gzip(plain);
        }
        return new LoadedFile(stamp, type, hash(plain), ByteBuffer.wrap(plain), gzip, brotli);
    }

    int bytes() {
        ByteBuffer gz = gzip;
        ByteBuffer br = brotli;
        return plain.remaining() + (gz == null ? 0 : gz.remaining()) + (br == null ? 0 : br.remaining());
    }

    /** A form that is older than the file is out of date. */
    private static @Nullable ByteBuffer compressedBefore(FileSource source, String name, FileSource.Stamp stamp)
            throws IOException {
        FileSource.Stamp of = source.stamp(name);
        return of == null || of.modified() < stamp.modified() ? null : ByteBuffer.wrap(source.read(name));
    }

    private static @Nullable ByteBuffer gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new BestGzip(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.size() < plain.length ? ByteBuffer.wrap(out.toByteArray()) : null;
    }

    private static final class BestGzip extends GZIPOutputStream {
        BestGzip(OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }

    private static String hash(byte[] bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(hash, 0, FileName.HASH_CHARS / 2);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
