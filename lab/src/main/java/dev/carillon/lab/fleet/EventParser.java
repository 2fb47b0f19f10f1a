package dev.carillon.lab.fleet;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Reads events from the bytes of one stream, wherever they are cut (HTML Standard, section 9.2.6). Lines end with LF or CRLF. */
final class EventParser {
    private final Consumer<StreamEvent> onEvent;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(128);
    private final StringBuilder data = new StringBuilder();
    private String id = "";
    private String type = "";
    private boolean hasData;
    private String nextId = "";
    private String lastId = "";
    private int retryMillis = -1;
    private boolean begun;

    EventParser(Consumer<StreamEvent> onEvent) {
        this.onEvent = onEvent;
    }

    void feed(ByteBuffer bytes) {
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

    /** The id by which a browser would resume; empty: none. */
    String lastId() {
        return lastId;
    }

    /** The delay that was asked for last, in milliseconds; -1: none. */
    int retryMillis() {
        return retryMillis;
    }

    /** Whether a comment has come, and no delay after it: a stream that is refused for a time has both. */
    boolean begun() {
        return begun;
    }

    /** What was begun is not finished: the stream has ended. */
    void reset() {
        begun = false;
        line.reset();
        nextId = lastId;
        clear();
    }

    private void line(String text) {
        if (text.isEmpty()) {
            // Not before: an event that was cut off in its middle has not been had.
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
                begun = false;
            }
            case "" -> begun = true;
            default -> {
                // A field of a later time.
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
