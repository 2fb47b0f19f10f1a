package dev.carillon.bench;

import java.io.ByteArrayOutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Reads one HTTP/1.1 response (RFC 9112) as it comes: its head, then its body without chunks. */
final class HttpBody {
    private static final int MAX_HEAD_BYTES = 64 * 1024;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    private final Consumer<ByteBuffer> onBody;
    private final ByteArrayOutputStream head = new ByteArrayOutputStream(512);
    private final StringBuilder size = new StringBuilder();
    private List<String> headers = List.of();
    private int endMatched;
    private int status;
    private boolean chunked;
    private long chunkLeft;
    private boolean inChunk;
    /** Of a body of known length; -1: it ends with the connection. */
    private long left = -1;

    private boolean ended;

    HttpBody(Consumer<ByteBuffer> onBody) {
        this.onBody = onBody;
    }

    /** 0 before the head is there. */
    int status() {
        return status;
    }

    /** Values of a header, by its name in lower case. */
    List<String> header(String name) {
        return headers.stream()
                .filter(h -> h.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(h -> h.substring(name.length() + 1).strip())
                .toList();
    }

    /** Whether a body that tells its end came to it. */
    boolean ended() {
        return ended;
    }

    void feed(ByteBuffer bytes) throws ProtocolException {
        while (bytes.hasRemaining() && !ended) {
            if (status == 0) {
                readHead(bytes);
            } else if (chunked) {
                readChunks(bytes);
            } else if (left < 0) {
                onBody.accept(bytes);
            } else {
                int n = (int) Math.min(left, bytes.remaining());
                onBody.accept(bytes.slice(bytes.position(), n));
                bytes.position(bytes.position() + n);
                left -= n;
                ended = left == 0;
            }
        }
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
            int n = (int) Math.min(chunkLeft, bytes.remaining());
            onBody.accept(bytes.slice(bytes.position(), n));
            bytes.position(bytes.position() + n);
            chunkLeft -= n;
            inChunk = chunkLeft > 0;
            return;
        }
        char c = (char) bytes.get();
        if (c != '\n') {
            size.append(c);
            if (size.length() > 20) {
                throw new ProtocolException("no size of a chunk: " + size);
            }
            return;
        }
        String text = size.toString().strip();
        size.setLength(0);
        // After each chunk there is an empty line.
        if (!text.isEmpty()) {
            chunkLeft = Long.parseLong(text, 16);
            inChunk = chunkLeft > 0;
            ended = !inChunk;
        }
    }
}
