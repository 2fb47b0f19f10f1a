package dev.carillon.lab.fleet;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Parses the frames of {@code /ws} (RFC 6455, section 5.2): text of one frame each, without masks. */
final class MessageParser implements StreamParser {
    private static final int OPCODE = 0x0f;
    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int MEDIUM = 126;
    private static final int LARGE = 127;

    private final Conversation conversation;
    private final Consumer<byte[]> onPing;
    private final ByteArrayOutputStream payload = new ByteArrayOutputStream(128);
    /** Bytes of the head of the current frame. */
    private final byte[] head = new byte[10];

    private int headBytes;
    private long left;
    private boolean ended;

    /** @param onPing receives the data of each ping */
    MessageParser(Conversation conversation, Consumer<byte[]> onPing) {
        this.conversation = conversation;
        this.onPing = onPing;
    }

    @Override
    public void feed(ByteBuffer bytes) {
        while (bytes.hasRemaining() && !ended()) {
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
        // What follows is of no use; the caller feeds until nothing remains.
        bytes.position(bytes.limit());
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
            case TEXT -> conversation.received(payload.toByteArray());
            case PING -> onPing.accept(payload.toByteArray());
            case CLOSE -> {
                ended = true;
                byte[] close = payload.toByteArray();
                // After the code of two bytes.
                conversation.closing(new String(
                        close, Math.min(close.length, 2), Math.max(close.length - 2, 0), StandardCharsets.UTF_8));
            }
            default -> {
                // Nothing else has a meaning for this client.
            }
        }
    }

    @Override
    public String lastId() {
        return conversation.lastId();
    }

    @Override
    public void resumeFrom(String id) {
        conversation.resumeFrom(id);
    }

    @Override
    public int retryMillis() {
        return conversation.retryMillis();
    }

    @Override
    public boolean opened() {
        return conversation.isOpen();
    }

    @Override
    public boolean ended() {
        return ended || conversation.hasFailed();
    }

    @Override
    public void reset() {
        headBytes = 0;
        left = 0;
        payload.reset();
        ended = false;
        conversation.reset();
    }
}
