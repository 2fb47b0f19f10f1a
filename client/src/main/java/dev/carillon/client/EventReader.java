package dev.carillon.client;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events (HTML Standard, section 9.2.6). For one thread. */
final class EventReader {
    /** Data of the maximum size in one line, with room. */
    private static final int MAX_LINE_BYTES = 4 * 1024 * 1024;

    private static final int BUFFER_BYTES = 8 * 1024;
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    /** @param retryMillis delay before reconnecting; null: the event has none */
    record ServerSentEvent(
            @Nullable String type,
            @Nullable String id,
            @Nullable String data,
            @Nullable Long retryMillis) {}

    private final InputStream in;
    private final Runnable onData;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int end;
    private boolean afterCarriageReturn;
    private boolean first = true;

    /** @param onData called whenever bytes arrive */
    EventReader(InputStream in, Runnable onData) {
        this.in = in;
        this.onData = onData;
    }

    /** The next event, which has data or a delay; null: the stream has ended. */
    @Nullable
    ServerSentEvent next() throws IOException {
        String type = null;
        String id = null;
        StringBuilder data = null;
        Long retry = null;
        for (String line = line(); line != null; line = line()) {
            if (line.isEmpty()) {
                if (data != null || retry != null) {
                    return new ServerSentEvent(type, id, data == null ? null : data.toString(), retry);
                }
                type = null;
                id = null;
                continue;
            }
            int colon = line.indexOf(':');
            String value = colon < 0 ? "" : line.substring(line.startsWith(" ", colon + 1) ? colon + 2 : colon + 1);
            switch (colon < 0 ? line : line.substring(0, colon)) {
                case "data" ->
                    data = data == null
                            ? new StringBuilder(value)
                            : data.append('\n').append(value);
                case "event" -> type = value;
                case "id" -> id = value.indexOf('\0') < 0 ? value : id;
                case "retry" -> retry = value.matches("\\d{1,9}") ? Long.valueOf(value) : retry;
                default -> {
                    // A comment, or a field of a later version.
                }
            }
        }
        return null;
    }

    /** The next line without its end: LF, CR or CRLF; null at the end of the stream, where an incomplete line is dropped. */
    private @Nullable String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = read(); b >= 0; b = read()) {
            boolean isRestOfEnd = b == '\n' && afterCarriageReturn;
            afterCarriageReturn = b == '\r';
            if (isRestOfEnd) {
                continue;
            }
            if (b == '\n' || b == '\r') {
                String text = line.toString(StandardCharsets.UTF_8);
                String withoutMark = first && text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
                first = false;
                return withoutMark;
            }
            if (line.size() == MAX_LINE_BYTES) {
                throw new IOException("a line of the stream has more than " + MAX_LINE_BYTES + " bytes");
            }
            line.write(b);
        }
        return null;
    }

    private int read() throws IOException {
        if (at == end) {
            at = 0;
            end = in.read(buffer);
            if (end <= 0) {
                end = 0;
                return -1;
            }
            onData.run();
        }
        return buffer[at++] & 0xFF;
    }
}
