package dev.carillon.lab.fleet;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Parses events from the bytes of one stream, in pieces of any size (HTML Standard, section 9.2.6). Lines end with LF or CRLF. */
public final class EventParser implements StreamParser {
    /** The shortest delay of a stream that is refused for the moment; delays at the begin and the end of others are shorter (docs/application.md). */
    private static final int REFUSED_MILLIS = 3_000;

    private final Consumer<StreamEvent> onEvent;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(128);
    private final StringBuilder data = new StringBuilder();
    private String id = "";
    private String type = "";
    private boolean hasData;
    private String nextId = "";
    private String lastId = "";
    private int retryMillis = -1;
    private boolean opened;
    private boolean refusedLate;

    /** @param onEvent receives each complete event */
    public EventParser(Consumer<StreamEvent> onEvent) {
        this.onEvent = onEvent;
    }

    @Override
    public void feed(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (b == '\n') {
                line(line.toString(StandardCharsets.UTF_8));
                line.reset();
            } else if (b != '\r') {
                line.write(b);
            }
        }
    }

    /** As a browser would send it. */
    @Override
    public String lastId() {
        return lastId;
    }

    @Override
    public void resumeFrom(String id) {
        lastId = id;
    }

    @Override
    public int retryMillis() {
        return retryMillis;
    }

    /**
     * Whether a comment or the first {@code retry} of a stream was received, and no longer one after it, which a node sends when it refuses a stream for the
     * moment.
     */
    @Override
    public boolean opened() {
        return opened;
    }

    @Override
    public boolean refusedLate() {
        return refusedLate;
    }

    /** Such a stream ends with its response. */
    @Override
    public boolean ended() {
        return false;
    }

    @Override
    public void reset() {
        opened = false;
        refusedLate = false;
        line.reset();
        nextId = lastId;
        clear();
    }

    private void line(String text) {
        if (text.isEmpty()) {
            // Not earlier: an incomplete event was not received.
            lastId = nextId;
            if (hasData) {
                onEvent.accept(new StreamEvent(id, type, data.toString()));
            }
            clear();
            return;
        }
        int colon = text.indexOf(':');
        String field = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(colon + 1).replaceFirst("^ ", "");
        switch (field) {
            case "data" -> {
                data.append(hasData ? "\n" : "").append(value);
                hasData = true;
            }
            case "event" -> type = value;
            case "id" -> {
                id = value;
                nextId = value;
            }
            case "retry" -> {
                retryMillis = Integer.parseInt(value);
                refusedLate = retryMillis >= REFUSED_MILLIS;
                opened = !refusedLate;
            }
            case "" -> opened = true;
            default -> {
                // Unknown fields are ignored.
            }
        }
    }

    private void clear() {
        id = "";
        type = "";
        data.setLength(0);
        hasData = false;
    }
}
