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
 * Reads one HTTP/1.1 response (RFC 9112) as it comes: its head, then its body without chunks. After the head it allocates nothing. What
 * follows a switch of protocols is body.
 */
public final class HttpBody {
    private static final int MAX_HEAD_BYTES = 64 * 1024;
    private static final int SWITCHED = 101;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    private final Consumer<ByteBuffer> onBody;
    /** Empty once the head is there: a stream lives for long. */
    private ByteArrayOutputStream head = new ByteArrayOutputStream(512);

    /** Of the size of a chunk, as far as it is there; what follows a semicolon is none of it. */
    private int sizeDigits;

    private boolean sizeEnded;
    private List<String> headers = List.of();
    private int endMatched;
    private int status;
    private boolean chunked;
    private long chunkLeft;
    private boolean inChunk;
    /** Of a body of known length; -1: it ends with the connection. */
    private long left = -1;

    private boolean ended;

    public HttpBody(Consumer<ByteBuffer> onBody) {
        this.onBody = onBody;
    }

    /** 0 before the head is there. */
    public int status() {
        return status;
    }

    /** Values of a header, by its name in lower case. */
    public List<String> header(String name) {
        return headers.stream()
                .filter(h -> h.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(h -> h.substring(name.length() + 1).strip())
                .toList();
    }

    /** Whether a body that tells its end came to it. */
    public boolean ended() {
        return ended;
    }

    public void feed(ByteBuffer bytes) throws ProtocolException {
        while (bytes.hasRemaining() && !ended) {
            if (status == 0) {
                readHead(bytes);
            } else if (chunked) {
                readChunks(bytes);
            } else if (left < 0) {
                onBody.accept(bytes);
            } else {
                left -= pass(bytes, left);
                ended = left == 0;
            }
        }
    }

    /** Passes on as much as is there; returns how much that was. */
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
            throw new ProtocolException("a head of more than " + MAX_HEAD_BYTES + " bytes");
        }
        endMatched = END[endMatched] == b ? endMatched + 1 : b == '\r' ? 1 : 0;
        if (endMatched == END.length) {
            List<String> lines = new ArrayList<>(
                    List.of(head.toString(StandardCharsets.ISO_8859_1).split("\r\n")));
            String[] first = lines.removeFirst().split(" ", 3);
            if (first.length < 2 || !first[1].matches("\\d{3}")) {
                throw new ProtocolException("no HTTP: " + first[0]);
            }
            status = Integer.parseInt(first[1]);
            headers = List.copyOf(lines);
            head = new ByteArrayOutputStream(0);
            if (status == SWITCHED) {
                return;
            }
            chunked = header("transfer-encoding").stream().anyMatch(v -> v.equalsIgnoreCase("chunked"));
            left = header("content-length").stream()
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(-1);
            ended = !chunked && left == 0;
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
            // After each chunk there is an empty line.
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
                throw new ProtocolException("no size of a chunk");
            }
            return;
        }
        chunkLeft = sizeDigits == 0 ? digit : chunkLeft << 4 | digit;
        sizeDigits++;
        if (sizeDigits > 15) {
            throw new ProtocolException("a size of a chunk of more than 15 digits");
        }
    }
}
