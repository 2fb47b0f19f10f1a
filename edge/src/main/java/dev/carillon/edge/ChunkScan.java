package dev.carillon.edge;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Validates the bytes of one chunked body before they are parsed (RFC 9112, section 7.1): sizes consist of hexadecimal digits only, lines
 * end with CR LF, and extensions and trailers are bounded.
 */
final class ChunkScan {
    private enum State {
        SIZE,
        EXTENSION,
        SIZE_LF,
        DATA,
        DATA_CR,
        DATA_LF,
        TRAILER,
        TRAILER_NAME,
        TRAILER_VALUE,
        TRAILER_LF,
        END_LF,
        DONE
    }

    private static final Violation SIZE = Violation.of("the size of a chunk must be hexadecimal digits");
    private static final Violation LINE_END = Violation.of("a line of a chunked body must end with CR LF");
    private static final Violation EXTENSIONS =
            Violation.of("the chunk extensions are too long, or have a control character");
    private static final Violation TRAILERS = Violation.of("the trailers are too long, or malformed");
    private static final Violation TOO_LARGE =
            new Violation(Violation.Kind.TOO_LARGE, "the body of the request is too large");

    private static final int MAX_SIZE_DIGITS = 15;
    private static final int MAX_EXTENSION_BYTES = 256;
    private static final int MAX_EXTENSIONS_BYTES = 16 * 1024;
    private static final int MAX_TRAILER_BYTES = 8 * 1024;

    private final long maxBytes;
    private State state = State.SIZE;
    private long bytes;
    private long left;
    private int digits;
    private int extension;
    private int extensions;
    private int trailers;

    /** @param maxBytes limit of the body's size */
    ChunkScan(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Whether the body has ended; bytes after it are ignored. */
    boolean isDone() {
        return state == State.DONE;
    }

    /** Scans the bytes between two indices, up to the end of the body; returns null if they are valid so far. */
    @Nullable
    Violation scan(ByteBuffer buffer, int from, int to) {
        int i = from;
        while (i < to && state != State.DONE) {
            if (state == State.DATA) {
                int skipped = (int) Math.min(left, to - i);
                i += skipped;
                left -= skipped;
                if (left == 0) {
                    state = State.DATA_CR;
                }
                continue;
            }
            Violation wrong = next(buffer.get(i++) & 0xFF);
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private @Nullable Violation next(int b) {
        return switch (state) {
            case SIZE -> size(b);
            case EXTENSION -> extension(b);
            case SIZE_LF -> expect('\n', b, left == 0 ? State.TRAILER : State.DATA);
            case DATA_CR -> expect('\r', b, State.DATA_LF);
            case DATA_LF -> {
                digits = 0;
                yield expect('\n', b, State.SIZE);
            }
            case TRAILER, TRAILER_NAME, TRAILER_VALUE -> trailer(b);
            case TRAILER_LF -> expect('\n', b, State.TRAILER);
            case END_LF -> expect('\n', b, State.DONE);
            case DATA, DONE -> null;
        };
    }

    private @Nullable Violation expect(int expected, int b, State then) {
        state = then;
        return b == expected ? null : LINE_END;
    }

    private @Nullable Violation size(int b) {
        int digit = b < 0x80 ? Character.digit(b, 16) : -1;
        if (digit >= 0) {
            left = digits == 0 ? digit : left << 4 | digit;
            digits++;
            return digits <= MAX_SIZE_DIGITS ? null : SIZE;
        }
        if (digits == 0 || (b != '\r' && b != ';')) {
            return SIZE;
        }
        bytes += left;
        if (bytes > maxBytes) {
            return TOO_LARGE;
        }
        extension = 0;
        state = b == '\r' ? State.SIZE_LF : State.EXTENSION;
        return null;
    }

    private @Nullable Violation extension(int b) {
        if (b == '\r') {
            state = State.SIZE_LF;
            return null;
        }
        extension++;
        extensions++;
        boolean bad = HeadScan.isControl(b) && b != '\t';
        return bad || extension > MAX_EXTENSION_BYTES || extensions > MAX_EXTENSIONS_BYTES ? EXTENSIONS : null;
    }

    private @Nullable Violation trailer(int b) {
        trailers++;
        if (trailers > MAX_TRAILER_BYTES) {
            return TRAILERS;
        }
        if (b == '\r' && state != State.TRAILER_NAME) {
            state = state == State.TRAILER ? State.END_LF : State.TRAILER_LF;
            return null;
        }
        if (b == ':' && state == State.TRAILER_NAME) {
            state = State.TRAILER_VALUE;
            return null;
        }
        if (state == State.TRAILER_VALUE) {
            return HeadScan.isControl(b) && b != '\t' ? TRAILERS : null;
        }
        state = State.TRAILER_NAME;
        return HeadScan.isToken(b) ? null : TRAILERS;
    }
}
