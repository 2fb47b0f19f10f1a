package dev.carillon.lab.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** Parses the messages of {@code /ws} (RFC 6455, section 5.2): text of one frame each, without masks. */
final class MessageParser implements StreamParser {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int OPCODE = 0x0f;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int MEDIUM = 126;
    private static final int LARGE = 127;

    private final Consumer<StreamEvent> onEvent;
    private final Consumer<byte[]> onPing;
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream(128);
    /** Bytes of the head of the current frame. */
    private final byte[] head = new byte[10];

    private int headBytes;
    private long left;
    private String lastId = "";
    private int retryMillis = -1;
    private boolean opened;
    private boolean ended;

    /** @param onPing receives the data of each ping */
    MessageParser(Consumer<StreamEvent> onEvent, Consumer<byte[]> onPing) {
        this.onEvent = onEvent;
        this.onPing = onPing;
    }

    @Override
    public void feed(ByteBuffer bytes) {
        while (bytes.hasRemaining() && !ended) {
            if (!headComplete()) {
                head[headBytes++] = bytes.get();
                if (headComplete()) {
                    left = length();
                }
            } else {
                int n = (int) Math.min(left, bytes.remaining());
                byte[] part = new byte[n];
                bytes.get(part);
                payload.writeBytes(part);
                left -= n;
            }
            if (headComplete() && left == 0) {
                frame();
                headBytes = 0;
                payload.reset();
            }
        }
    }

    private boolean headComplete() {
        return headBytes >= 2
                && headBytes
                        == switch (head[1]) {
                            case MEDIUM -> 4;
                            case LARGE -> 10;
                            default -> 2;
                        };
    }

    private long length() {
        ByteBuffer bytes = ByteBuffer.wrap(head);
        return switch (head[1]) {
            case MEDIUM -> Short.toUnsignedInt(bytes.getShort(2));
            case LARGE -> bytes.getLong(2);
            default -> head[1];
        };
    }

    private void frame() {
        switch (head[0] & OPCODE) {
            case TEXT -> message(payload.toByteArray());
            case PING -> onPing.accept(payload.toByteArray());
            case CLOSE -> ended = true;
            default -> {
                // Nothing else has a meaning for this client.
            }
        }
    }

    private void message(byte[] text) {
        JsonNode json;
        try {
            json = JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String type = json.path("type").asText();
        String id = json.path(type.equals("event") ? "id" : "cursor").asText();
        switch (type) {
            case "retry" -> retryMillis = json.path("delay").asInt();
            case "event" -> {
                resumeFrom(id);
                onEvent.accept(new StreamEvent(
                        id, json.path("event").asText(), json.path("data").asText()));
            }
            case "open", "gap", "status" -> {
                if (type.equals("open")) {
                    opened = true;
                    resumeFrom(id);
                }
                // As the event that an event stream has in its place.
                onEvent.accept(new StreamEvent(id, "carillon." + type, json.toString()));
            }
            default -> {
                // Nothing else concerns the events.
            }
        }
    }

    private void resumeFrom(String id) {
        if (!id.isEmpty()) {
            lastId = id;
        }
    }

    @Override
    public String lastId() {
        return lastId;
    }

    @Override
    public int retryMillis() {
        return retryMillis;
    }

    @Override
    public boolean opened() {
        return opened;
    }

    @Override
    public boolean ended() {
        return ended;
    }

    @Override
    public void reset() {
        headBytes = 0;
        left = 0;
        payload.reset();
        opened = false;
        ended = false;
    }
}
