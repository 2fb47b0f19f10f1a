package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.Patience;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** A WebSocket client that sends any bytes as frames, and checks every message of the node against the schema in the documentation. */
final class RawWebSocket implements AutoCloseable {
    static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    static final int FIN = 0x80;
    static final int RSV1 = 0x40;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Socket socket;
    private final DataInputStream in;
    private final String head;
    private final List<JsonNode> skipped = new ArrayList<>();
    private boolean answersPings = true;

    /** A frame of the node; {@code compressed} as it was sent, the payload decompressed. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Received(int opcode, boolean compressed, byte[] payload) {
        int code() {
            return payload.length < 2 ? -1 : ByteBuffer.wrap(payload).getShort() & 0xffff;
        }

        String reason() {
            return new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
        }

        JsonNode json() {
            try {
                return JSON.readTree(payload);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    RawWebSocket(int port, String target, String... headers) throws IOException {
        this(new Socket(InetAddress.getLoopbackAddress(), port), target, headers);
    }

    RawWebSocket(Socket socket, String target, String... headers) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(Patience.LIMIT_MILLIS);
        StringBuilder request =
                new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                        + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        while (!read.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no answer, but " + read);
            }
            read.write(next);
        }
        head = read.toString(StandardCharsets.ISO_8859_1);
    }

    String head() {
        return head;
    }

    /** As a client whose network is gone, although its connection is not. */
    RawWebSocket withoutPongs() {
        answersPings = false;
        return this;
    }

    /** The value of a header of the answer; null: none. */
    @Nullable
    String header(String name) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse(null);
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    void text(String text) throws IOException {
        send(frame(FIN | TEXT, text));
    }

    static byte[] frame(int first, String text) {
        return frame(first, text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] frame(int first, byte[] payload) {
        return frame(first, payload, payload.length > 65_535 ? 127 : payload.length > 125 ? 126 : payload.length);
    }

    /** @param form the 7 bits of the length */
    static byte[] frame(int first, byte[] payload, int form) {
        ByteBuffer frame =
                ByteBuffer.allocate(payload.length + 14).put((byte) first).put((byte) (0x80 | form));
        if (form == 126) {
            frame.putShort((short) payload.length);
        } else if (form == 127) {
            frame.putLong(payload.length);
        }
        byte[] mask = {0x11, 0x22, 0x33, 0x44};
        frame.put(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (payload[i] ^ mask[i & 3]));
        }
        return Arrays.copyOf(frame.array(), frame.position());
    }

    /** A compressed message without the last four bytes of the flush, as RFC 7692 prescribes. */
    static byte[] deflated(byte[] raw) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        deflater.setInput(raw);
        byte[] out = new byte[raw.length + 100];
        int n = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        deflater.end();
        return Arrays.copyOf(out, n - 4);
    }

    private static byte[] inflated(byte[] compressed) {
        Inflater inflater = new Inflater(true);
        try {
            byte[] all = Arrays.copyOf(compressed, compressed.length + 4);
            all[all.length - 1] = all[all.length - 2] = (byte) 0xff;
            inflater.setInput(all);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            byte[] chunk = new byte[4_096];
            for (int n = inflater.inflate(chunk); n > 0; n = inflater.inflate(chunk)) {
                out.write(chunk, 0, n);
            }
            return out.toByteArray();
        } catch (DataFormatException e) {
            throw new AssertionError(e);
        } finally {
            inflater.end();
        }
    }

    /** The next frame, checked: not masked, in the shortest form, a message by itself, and valid by the schema. */
    Received next() throws IOException {
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        assertThat(first & (FIN | 0x30))
                .as("a whole message without other extensions")
                .isEqualTo(FIN);
        assertThat(second & 0x80).as("not masked").isZero();
        long length = second == 126 ? in.readUnsignedShort() : second == 127 ? in.readLong() : second;
        assertThat(length).isGreaterThanOrEqualTo(second == 126 ? 126 : second == 127 ? 65_536 : 0);
        byte[] payload = in.readNBytes((int) length);
        boolean compressed = (first & RSV1) != 0;
        Received received = new Received(first & 0x0f, compressed, compressed ? inflated(payload) : payload);
        if (received.opcode() == TEXT) {
            StreamSchema.checkServerMessage(received.json());
        }
        if (received.opcode() == PING && answersPings) {
            send(frame(FIN | PONG, payload));
        }
        return received;
    }

    /** The next message that the condition holds for; pings of the protocol and other messages are skipped. */
    JsonNode await(Predicate<JsonNode> wanted) throws IOException {
        while (true) {
            Received received = next();
            if (received.opcode() == CLOSE) {
                throw new AssertionError(
                        "closed with " + received.code() + " " + received.reason() + " after " + skipped);
            }
            if (received.opcode() == TEXT) {
                JsonNode json = received.json();
                if (wanted.test(json)) {
                    return json;
                }
                skipped.add(json);
            }
        }
    }

    JsonNode awaitType(String type) throws IOException {
        return await(json -> json.path("type").asText().equals(type));
    }

    /** The next event of the application. */
    JsonNode awaitEvent() throws IOException {
        return awaitType("event");
    }

    /** Sends a message that the schema allows, and returns the reply. */
    JsonNode ask(String message) throws IOException {
        JsonNode json = JSON.readTree(message);
        StreamSchema.checkClientMessage(json);
        text(message);
        return awaitReply(json.path("ref").asText());
    }

    JsonNode awaitReply(Object ref) throws IOException {
        return await(json -> json.path("ref").asText().equals(ref.toString()));
    }

    /** The close frame, after which the node must close the connection. */
    Received awaitClose() throws IOException {
        Received received;
        do {
            received = next();
        } while (received.opcode() != CLOSE);
        assertThat(in.read()).as("the end of the connection").isEqualTo(-1);
        return received;
    }

    /** Messages that {@link #await} has skipped. */
    List<JsonNode> skipped() {
        return skipped;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
