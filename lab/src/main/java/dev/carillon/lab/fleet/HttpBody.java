package dev.carillon.lab.fleet;

import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Parses one HTTP/1.1 response (RFC 9112) incrementally: its head, then its body without the chunked framing. After the head it allocates
 * nothing. Bytes after a switch of protocols count as body.
 */
public final class HttpBody implements ResponseParser {
    private static final int MAX_HEAD_BYTES = 64 * 1024;
    private static final int SWITCHED = 101;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    private final Consumer<ByteBuffer> onBody;
    /** Released after the head, because streams are long-lived. */
    private ByteArrayOutputStream head = new ByteArrayOutputStream(512);

    /** Digits read of a chunk size; extensions after a semicolon are ignored. */
    private int sizeDigits;

    private boolean sizeEnded;
    private List<String> headers = List.of();
    private int endMatched;
    private int status;
    private boolean chunked;
    private long chunkLeft;
    private boolean inChunk;
    /** Remaining bytes of a body with a Content-Length; -1 if the body ends with the connection. */
    private long remaining = -1;

    private boolean ended;

    public HttpBody(Consumer<ByteBuffer> onBody) {
        this.onBody = onBody;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public List<String> header(String name) {
        return headers.stream()
                .filter(h -> h.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(h -> h.substring(name.length() + 1).strip())
                .toList();
    }

    /** Whether a body with a known end is complete. */
    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public void feed(ByteBuffer bytes) throws ProtocolException {
        while (bytes.hasRemaining() && !ended) {
            if (status == 0) {
                readHead(bytes);
            } else if (chunked) {
                readChunks(bytes);
            } else if (remaining < 0) {
                onBody.accept(bytes);
            } else {
                remaining -= pass(bytes, remaining);
                ended = remaining == 0;
            }
        }
    }

    /** Passes on at most {@code most} bytes; returns the number of bytes passed on. */
    private int pass(ByteBuffer bytes, long most) {
        int n = (int) Math.min(most, bytes.remaining());
        int limit = bytes.limit();
        int end = bytes.position() + n;
        onBody.accept(bytes.limit(end));
        bytes.limit(limit).position(end);
        return n;
    }

    private void readHead(ByteBuffer bytes) throws ProtocolException {
        byte b = bytes.get();
        head.write(b);
        if (head.size() > MAX_HEAD_BYTES) {
            throw new ProtocolException("response head larger than " + MAX_HEAD_BYTES + " bytes");
        }
        endMatched = END[endMatched] == b ? endMatched + 1 : b == '\r' ? 1 : 0;
        if (endMatched == END.length) {
            List<String> lines = new ArrayList<>(
                    List.of(head.toString(StandardCharsets.ISO_8859_1).split("\r\n")));
            String[] first = lines.removeFirst().split(" ", 3);
            if (first.length < 2 || !first[1].matches("\\d{3}")) {
                throw new ProtocolException("not an HTTP response: " + first[0]);
            }
            status = Integer.parseInt(first[1]);
            headers = List.copyOf(lines);
            head = new ByteArrayOutputStream(0);
            if (status == SWITCHED) {
                return;
            }
            chunked = header("transfer-encoding").stream().anyMatch(v -> v.equalsIgnoreCase("chunked"));
            remaining = header("content-length").stream()
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(-1);
            ended = !chunked && remaining == 0;
        }
    }

    private void readChunks(ByteBuffer bytes) throws ProtocolException {
        if (inChunk) {
            chunkLeft -= pass(bytes, chunkLeft);
            inChunk = chunkLeft > 0;
            return;
        }
        byte b = bytes.get();
        if (b == '\n') {
            // The line after a chunk is empty.
            if (sizeDigits > 0) {
                inChunk = chunkLeft > 0;
                ended = !inChunk;
            }
            sizeDigits = 0;
            sizeEnded = false;
            return;
        }
        int digit = Character.digit(b, 16);
        if (digit < 0 || sizeEnded) {
            sizeEnded = true;
            if (b != '\r' && b != ';' && sizeDigits == 0) {
                throw new ProtocolException("invalid chunk size");
            }
            return;
        }
        chunkLeft = sizeDigits == 0 ? digit : chunkLeft << 4 | digit;
        sizeDigits++;
        if (sizeDigits > 15) {
            throw new ProtocolException("chunk size with more than 15 digits");
        }
    }
}
