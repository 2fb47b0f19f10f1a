package dev.carillon.page.multipart;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the parts of a form (RFC 7578), one after the other and in the memory of one buffer. Whatever breaks the form is a {@link
 * CarillonException} {@code invalid-request}. For one thread.
 */
public final class MultipartReader {
    /** Size limit of the headers of a part. */
    private static final int MAX_HEAD = 4 * 1024;

    private static final int BUFFER = 16 * 1024;
    private static final byte[] EMPTY_LINE = "\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

    private final InputStream in;
    /** Line break, two hyphens and the boundary. */
    private final byte[] delimiter;

    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int limit;
    /** Whether the delimiter at the end of the current part was read. */
    private boolean atEnd;

    private boolean begun;
    /** Headers of the current part. */
    private byte[] head = {};

    /**
     * Reads a body.
     *
     * @param contentType value of the header {@code Content-Type}
     */
    public MultipartReader(InputStream in, String contentType) {
        this.in = in;
        this.delimiter = ("\r\n--" + ContentType.boundary(contentType)).getBytes(StandardCharsets.ISO_8859_1);
        // The first delimiter may have no line break before it.
        buffer[0] = '\r';
        buffer[1] = '\n';
        limit = 2;
    }

    /**
     * A part of the form.
     *
     * @param name of the field
     * @param fileName as the client sent it; null: a field with text
     * @param mediaType as the client sent it
     * @param content valid until the next part is read
     */
    public record Part(String name, @Nullable String fileName, String mediaType, InputStream content) {}

    /** The next part; null: there is none. Skips the rest of the part before. */
    public @Nullable Part next() throws IOException {
        byte[] skipped = new byte[BUFFER];
        while (!atEnd) {
            if (read(skipped, 0, skipped.length) < 0) {
                break;
            }
            if (!begun) {
                throw invalid("the form does not begin with its boundary");
            }
        }
        begun = true;
        if (startsWith("--")) {
            return null;
        }
        head = readHead();
        atEnd = false;
        PartHead parsed = PartHead.parse(new String(head, StandardCharsets.UTF_8));
        return new Part(parsed.name(), parsed.fileName(), parsed.mediaType(), new Content());
    }

    /** The lines between a delimiter and the content. */
    private byte[] readHead() throws IOException {
        if (!startsWith("\r\n")) {
            throw invalid("a boundary is not at the end of its line");
        }
        int end = indexOf(EMPTY_LINE);
        while (end < 0) {
            if (limit - position > MAX_HEAD || !fill()) {
                throw invalid("a part has headers of more than " + MAX_HEAD + " bytes, or none");
            }
            end = indexOf(EMPTY_LINE);
        }
        if (end - position > MAX_HEAD) {
            throw invalid("a part has headers of more than " + MAX_HEAD + " bytes");
        }
        byte[] bytes = Arrays.copyOfRange(buffer, position, end);
        position = end + EMPTY_LINE.length;
        return bytes;
    }

    /**
     * The form from the current part on, whose content has not been read, as a body of its own with the same boundary. Instead of {@link #next}.
     *
     * @param part null: there is none
     */
    public InputStream remaining(@Nullable Part part) {
        String begin = new String(delimiter, 2, delimiter.length - 2, StandardCharsets.ISO_8859_1);
        if (part == null) {
            return new ByteArrayInputStream((begin + "--\r\n").getBytes(StandardCharsets.ISO_8859_1));
        }
        return new SequenceInputStream(Collections.enumeration(List.of(
                new ByteArrayInputStream((begin + "\r\n").getBytes(StandardCharsets.ISO_8859_1)),
                new ByteArrayInputStream(head),
                new ByteArrayInputStream(EMPTY_LINE),
                new ByteArrayInputStream(buffer, position, limit - position),
                in)));
    }

    private boolean startsWith(String text) throws IOException {
        while (limit - position < text.length()) {
            if (!fill()) {
                throw invalid("the form is incomplete");
            }
        }
        for (int i = 0; i < text.length(); i++) {
            if (buffer[position + i] != text.charAt(i)) {
                return false;
            }
        }
        position += text.length();
        return true;
    }

    /** As {@link InputStream#read(byte[], int, int)}, of the current part. */
    private int read(byte[] into, int offset, int length) throws IOException {
        if (atEnd) {
            return -1;
        }
        int end = indexOf(delimiter);
        while (end < 0 && limit - position < delimiter.length) {
            if (!fill()) {
                throw invalid("the form is incomplete");
            }
            end = indexOf(delimiter);
        }
        if (end == position) {
            position += delimiter.length;
            atEnd = true;
            return -1;
        }
        // The last bytes of the buffer may be the begin of the delimiter.
        int available = end < 0 ? limit - position - delimiter.length + 1 : end - position;
        int count = Math.min(length, available);
        System.arraycopy(buffer, position, into, offset, count);
        position += count;
        return count;
    }

    private boolean fill() throws IOException {
        if (position > 0) {
            System.arraycopy(buffer, position, buffer, 0, limit - position);
            limit -= position;
            position = 0;
        }
        if (limit == buffer.length) {
            return false;
        }
        int read = in.read(buffer, limit, buffer.length - limit);
        if (read < 0) {
            return false;
        }
        limit += read;
        return true;
    }

    /** Position of a text in the buffer; negative: it is not there. */
    private int indexOf(byte[] text) {
        for (int i = position; i <= limit - text.length; i++) {
            if (buffer[i] == text[0] && Arrays.equals(buffer, i, i + text.length, text, 0, text.length)) {
                return i;
            }
        }
        return -1;
    }

    static CarillonException invalid(String rule) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, rule);
    }

    private final class Content extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return length == 0 ? 0 : MultipartReader.this.read(into, offset, length);
        }
    }
}
