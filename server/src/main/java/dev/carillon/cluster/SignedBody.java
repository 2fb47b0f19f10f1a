package dev.carillon.cluster;

import dev.carillon.base.CarillonException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The body of a streamed call as it is sent: the head of the call, then parts with their signatures, made as the content arrives. It keeps one part in memory. The
 * HTTP client reads it, on one thread at a time.
 */
final class SignedBody extends InputStream {
    /** A smaller part waits for more bytes, so that its signature is not most of it. */
    private static final int MIN_PART = 1024;

    private final CallParts parts;
    private final InputStream content;
    private final LongSupplier nanoTime;
    private ByteBuffer ready;
    private long index;
    private boolean ended;
    private volatile @Nullable CarillonException failure;
    /** When the client took or got the last bytes. */
    private volatile long takenNanos;

    private volatile boolean reading;

    SignedBody(CallParts parts, byte[] head, InputStream content, LongSupplier nanoTime) {
        this.parts = parts;
        this.content = content;
        this.nanoTime = nanoTime;
        this.ready = ByteBuffer.allocate(Integer.BYTES + head.length)
                .putInt(head.length)
                .put(head)
                .flip();
        this.takenNanos = nanoTime.getAsLong();
    }

    /** Why the content could not be read; null: it could. */
    @Nullable
    CarillonException failure() {
        return failure;
    }

    /** How long the callee has taken nothing, or not answered after the end; 0 while the content arrives. */
    long idleNanos() {
        return reading ? 0 : nanoTime.getAsLong() - takenNanos;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        reading = true;
        try {
            if (!ready.hasRemaining()) {
                if (ended) {
                    return -1;
                }
                ready = nextPart();
            }
            int count = Math.min(length, ready.remaining());
            ready.get(into, offset, count);
            return count;
        } catch (CarillonException e) {
            failure = e;
            throw new IOException(e);
        } finally {
            takenNanos = nanoTime.getAsLong();
            reading = false;
        }
    }

    private ByteBuffer nextPart() throws IOException {
        byte[] part = new byte[CallParts.MAX_BYTES];
        int length = 0;
        while (length < MIN_PART) {
            int count = content.read(part, length, part.length - length);
            if (count < 0) {
                break;
            }
            length += count;
        }
        // After the last bytes an empty part follows, which ends the body.
        ended = length == 0;
        byte[] bytes = Arrays.copyOf(part, length);
        return ByteBuffer.allocate(CallParts.HEAD_BYTES + length)
                .putInt(length)
                .put(parts.sign(index++, bytes).getBytes(StandardCharsets.ISO_8859_1))
                .put(bytes)
                .flip();
    }
}
