package dev.carillon.cluster;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The body of a streamed call as it is received: no byte is given out before the signature of its part was verified. It keeps one part in memory. For one thread,
 * which may block.
 */
public final class VerifiedBody {
    private final CallVerifier.Accepted call;
    private final DataInputStream received;
    private final long maxBytes;
    private byte[] part = {};
    private int position;
    private long index;
    private long bytes;
    private boolean ended;

    /** @param maxBytes size limit of the content */
    public VerifiedBody(CallVerifier.Accepted call, InputStream received, long maxBytes) {
        this.call = call;
        this.received = new DataInputStream(received);
        this.maxBytes = maxBytes;
    }

    /**
     * Reads the head, before the content.
     *
     * @throws CarillonException {@code call-refused} when it is not the signed one, {@code invalid-request}, {@code unknown-message}
     */
    public StreamedCall head() throws IOException {
        byte[] length = received.readNBytes(Integer.BYTES);
        int bytesOfHead =
                length.length == Integer.BYTES ? ByteBuffer.wrap(length).getInt() : -1;
        if (bytesOfHead < 0 || bytesOfHead > StreamedCall.MAX_BYTES) {
            // Not of this form: a node that has signed it gets that as its answer.
            call.verifyBody(length);
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    "the head of a call must have at most " + StreamedCall.MAX_BYTES + " bytes, after their number");
        }
        byte[] head = received.readNBytes(bytesOfHead);
        call.verifyBody(head);
        return StreamedCall.read(head);
    }

    /** A read fails with {@code call-refused} for a part that was not signed, {@code too-large}, or {@code invalid-request} when the body is incomplete. */
    public InputStream content() {
        return new Content();
    }

    private boolean nextPart() throws IOException {
        if (ended) {
            return false;
        }
        try {
            int length = received.readInt();
            byte[] signature = new byte[CallParts.SIGNATURE_BYTES];
            received.readFully(signature);
            if (length < 0 || length > CallParts.MAX_BYTES) {
                throw new CarillonException(ErrorCode.INVALID_REQUEST, "a part of the body is too long");
            }
            part = new byte[length];
            received.readFully(part);
            call.verifyPart(index++, part, new String(signature, StandardCharsets.ISO_8859_1));
        } catch (EOFException e) {
            throw incomplete(e);
        }
        position = 0;
        bytes += part.length;
        if (bytes > maxBytes) {
            throw new CarillonException(ErrorCode.TOO_LARGE, "the body has more than " + maxBytes + " bytes");
        }
        ended = part.length == 0;
        return !ended;
    }

    private static CarillonException incomplete(EOFException e) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "the body of the call is incomplete", e);
    }

    private final class Content extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (position == part.length && !nextPart()) {
                return -1;
            }
            int count = Math.min(length, part.length - position);
            System.arraycopy(part, position, into, offset, count);
            position += count;
            return count;
        }
    }
}
