package dev.carillon.lab.load;

import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The client side of the WebSocket opening handshake (RFC 6455, section 4.1), and pong frames. */
final class WebSocketOpening {
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int PONG = 0x8A;
    private static final int MASKED = 0x80;

    private final String key;

    public WebSocketOpening() {
        byte[] random = new byte[16];
        ThreadLocalRandom.current().nextBytes(random);
        this.key = Base64.getEncoder().encodeToString(random);
    }

    String headers() {
        return "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + key
                + "\r\nSec-WebSocket-Version: 13\r\n";
    }

    void check(List<String> accepts) throws ProtocolException {
        if (!accepts.equals(List.of(accept(key)))) {
            throw new ProtocolException("wrong Sec-WebSocket-Accept in the node's response");
        }
    }

    static String accept(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-1 is part of every Java", e);
        }
    }

    /** A masked pong with the data of a ping, at most 125 bytes (sections 5.3 and 5.5.3). */
    static ByteBuffer pong(byte[] bytes, int from, int to) {
        byte[] mask = new byte[4];
        ThreadLocalRandom.current().nextBytes(mask);
        ByteBuffer frame = ByteBuffer.allocate(2 + mask.length + to - from);
        frame.put((byte) PONG).put((byte) (MASKED | to - from)).put(mask);
        for (int i = from; i < to; i++) {
            frame.put((byte) (bytes[i] ^ mask[(i - from) % mask.length]));
        }
        return frame.flip();
    }
}
