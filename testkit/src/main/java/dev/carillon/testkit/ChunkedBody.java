package dev.carillon.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Decodes a chunked body (RFC 9112, section 7.1); strict, so that a wrong byte of the framing fails a test. */
public final class ChunkedBody extends InputStream {
    private final InputStream in;
    private int remaining;
    private boolean first = true;
    private boolean complete;

    public ChunkedBody(InputStream in) {
        this.in = in;
    }

    /** Whether the last chunk was received. */
    public boolean isComplete() {
        return complete;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    /** Reads at most the rest of the chunk, so that it blocks only for the first byte. */
    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (remaining == 0 && !complete) {
            nextChunk();
        }
        if (complete) {
            return -1;
        }
        int n = in.read(bytes, offset, Math.min(remaining, length));
        if (n < 0) {
            throw new EOFException("body truncated in a chunk");
        }
        remaining -= n;
        return n;
    }

    private void nextChunk() throws IOException {
        if (!first && !line().isEmpty()) {
            throw new IOException("chunk longer than its size");
        }
        first = false;
        String size = line();
        if (!size.matches("[0-9A-Fa-f]{1,8}")) {
            throw new IOException("invalid chunk size: " + size);
        }
        remaining = Integer.parseUnsignedInt(size, 16);
        if (remaining == 0) {
            complete = line().isEmpty();
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        int c = in.read();
        while (c != '\r') {
            if (c < 0 || c == '\n') {
                throw new EOFException("body truncated between chunks");
            }
            line.append((char) c);
            c = in.read();
        }
        if (in.read() != '\n') {
            throw new IOException("line of the chunked framing without LF");
        }
        return line.toString();
    }
}
