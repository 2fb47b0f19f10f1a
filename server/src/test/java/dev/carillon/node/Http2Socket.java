package dev.carillon.node;

import dev.carillon.testkit.Patience;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;

/**
 * A client of HTTP/2 in the clear that does what a test says, frame by frame (RFC 9113): it opens its window only when told to,
 * and may stop reading its socket.
 */
final class Http2Socket implements AutoCloseable {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int CANCEL = 8;

    private final Socket socket = new Socket();
    private final DataOutputStream out;
    private final Map<Integer, ByteArrayOutputStream> bodies = new ConcurrentHashMap<>();
    private final Set<Integer> reset = ConcurrentHashMap.newKeySet();
    private final Set<Integer> ended = ConcurrentHashMap.newKeySet();
    /** Streams whose window is opened as fast as they come. */
    private final Set<Integer> greedy = ConcurrentHashMap.newKeySet();

    private final CountDownLatch closed = new CountDownLatch(1);
    private int nextStream = 1;

    /**
     * @param window bytes that each stream may send before its window is opened; that of the connection is the largest
     * @param reads false: nothing is ever read from the socket, whose buffer is small
     */
    Http2Socket(int port, int window, boolean reads) {
        try {
            if (!reads) {
                socket.setReceiveBufferSize(4_096);
            }
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Patience.LIMIT_MILLIS);
            out = new DataOutputStream(socket.getOutputStream());
            out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            frame(SETTINGS, 0, 0, settings(window));
            frame(WINDOW_UPDATE, 0, 0, number(Integer.MAX_VALUE - 65_535));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (reads) {
            Thread.ofVirtual().start(this::read);
        }
    }

    /** Asks for a stream; its number. */
    int get(String target) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        // Of the static table (RFC 7541, appendix A): :method GET, :scheme http; then :path and :authority, literally.
        block.write(0x82);
        block.write(0x86);
        literal(block, 4, target);
        literal(block, 1, "localhost");
        int stream = nextStream;
        nextStream += 2;
        bodies.put(stream, new ByteArrayOutputStream());
        send(HEADERS, END_STREAM | END_HEADERS, stream, block.toByteArray());
        return stream;
    }

    /** As {@link #get}, and takes all that comes. */
    int getAll(String target) {
        greedy.add(nextStream);
        return get(target);
    }

    void reset(int stream) {
        send(RST_STREAM, 0, stream, number(CANCEL));
    }

    void goAway() {
        send(GOAWAY, 0, 0, new byte[8]);
    }

    void open(int stream, int bytes) {
        send(WINDOW_UPDATE, 0, stream, number(bytes));
    }

    String body(int stream) {
        ByteArrayOutputStream body = bodies.get(stream);
        return body == null ? "" : body.toString(StandardCharsets.UTF_8);
    }

    void awaitBody(int stream, String part) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .until(() -> body(stream).contains(part));
    }

    /** By the node. */
    boolean wasReset(int stream) {
        return reset.contains(stream);
    }

    boolean hasEnded(int stream) {
        return ended.contains(stream);
    }

    boolean isClosed() {
        return closed.getCount() == 0;
    }

    private void read() {
        try (DataInputStream in = new DataInputStream(socket.getInputStream())) {
            while (true) {
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt() & Integer.MAX_VALUE;
                byte[] payload = in.readNBytes(length);
                switch (type) {
                    case DATA -> {
                        ByteArrayOutputStream body = bodies.get(stream);
                        if (body != null) {
                            body.writeBytes(payload);
                        }
                        if (length > 0 && greedy.contains(stream)) {
                            open(stream, length);
                        }
                    }
                    case RST_STREAM -> reset.add(stream);
                    case SETTINGS -> {
                        if ((flags & 1) == 0) {
                            send(SETTINGS, 1, 0, new byte[0]);
                        }
                    }
                    default -> {
                        // Nothing that a test asks for.
                    }
                }
                if ((type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
                    ended.add(stream);
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // Closed by either side.
        } finally {
            closed.countDown();
        }
    }

    private void send(int type, int flags, int stream, byte[] payload) {
        try {
            frame(type, flags, stream, payload);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream frame = new DataOutputStream(bytes);
        frame.writeByte(payload.length >> 16);
        frame.writeShort(payload.length);
        frame.writeByte(type);
        frame.writeByte(flags);
        frame.writeInt(stream);
        frame.write(payload);
        out.write(bytes.toByteArray());
        out.flush();
    }

    private static byte[] settings(int window) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream settings = new DataOutputStream(bytes);
        settings.writeShort(INITIAL_WINDOW_SIZE);
        settings.writeInt(window);
        return bytes.toByteArray();
    }

    private static byte[] number(int value) {
        return java.nio.ByteBuffer.allocate(4).putInt(value).array();
    }

    /** Without indexing and without Huffman; up to 126 bytes. */
    private static void literal(ByteArrayOutputStream block, int name, String value) {
        block.write(name);
        block.write(value.length());
        block.writeBytes(value.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Closing is all that was wanted.
        }
    }
}
