package dev.carillon.lab.fleet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Parses the messages of {@code /ws}. Notices become the events that {@code /events} has in their place. Throws on a violation of RFC 6455. */
final class MessageParser implements StreamParser {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int TEXT = 0x81;
    private static final int CLOSE = 0x88;
    private static final int PING = 0x89;
    private static final int PONG = 0x8A;

    private final Consumer<StreamEvent> onEvent;
    private final Consumer<byte[]> answer;
    private final ByteArrayOutputStream frame = new ByteArrayOutputStream(512);
    private String lastId = "";
    private int retryMillis = -1;
    private boolean opened;
    private boolean ended;

    /** @param answer sends a frame to the server */
    MessageParser(Consumer<StreamEvent> onEvent, Consumer<byte[]> answer) {
        this.onEvent = onEvent;
        this.answer = answer;
    }

    @Override
    public void feed(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            frame.write(bytes.get());
            int size = frame.size();
            if (size >= 2) {
                complete(frame.toByteArray(), bytes);
            }
        }
    }

    /** Reads the rest of the frame, whose first bytes are known, if it is there. */
    private void complete(byte[] known, ByteBuffer more) {
        int form = known[1] & 0xff;
        if (form > 127) {
            throw new IllegalStateException("a masked frame of a server");
        }
        int head = form == 126 ? 4 : form == 127 ? 10 : 2;
        if (known.length < head) {
            return;
        }
        ByteBuffer fields = ByteBuffer.wrap(known, 2, head - 2);
        long length = form == 126 ? fields.getShort() & 0xffff : form == 127 ? fields.getLong() : form;
        int missing = (int) (head + length - known.length);
        int n = Math.min(missing, more.remaining());
        byte[] rest = new byte[n];
        more.get(rest);
        frame.writeBytes(rest);
        if (n == missing) {
            byte[] all = frame.toByteArray();
            frame.reset();
            frame(all[0] & 0xff, Arrays.copyOfRange(all, head, all.length));
        }
    }

    private void frame(int first, byte[] payload) {
        switch (first) {
            case TEXT -> message(payload);
            case PING -> answer.accept(pong(payload));
            case CLOSE -> ended = true;
            case PONG -> {
                // None was asked for.
            }
            default -> throw new IllegalStateException("an unexpected frame of a server: " + first);
        }
    }

    /** Masked with zeros, which changes nothing. */
    private static byte[] pong(byte[] payload) {
        return ByteBuffer.allocate(6 + payload.length)
                .put((byte) PONG)
                .put((byte) (0x80 | payload.length))
                .putInt(0)
                .put(payload)
                .array();
    }

    private void message(byte[] payload) {
        JsonNode json;
        try {
            json = JSON.readTree(new String(payload, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a message that is not JSON", e);
        }
        String type = json.path("type").asText();
        switch (type) {
            case "hello" -> {}
            case "retry" -> {
                retryMillis = json.path("delay").asInt();
                opened = false;
            }
            case "event" -> {
                String id = json.path("id").asText();
                if (!id.isEmpty()) {
                    lastId = id;
                }
                onEvent.accept(new StreamEvent(
                        id, json.path("event").asText(), json.path("data").asText()));
            }
            default -> {
                opened |= type.equals("open");
                ((ObjectNode) json).remove("type");
                onEvent.accept(new StreamEvent("", "carillon." + type, json.toString()));
            }
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
        opened = false;
        ended = false;
        frame.reset();
    }
}
