package dev.carillon.testkit;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** An HTTP/2 client without TLS that writes arbitrary frames, valid or not, and may never read. */
public final class RawHttp2 implements AutoCloseable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;
    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int WINDOW = 65_535;
    private static final String LOOPBACK = "127.0.0.1";
    private static final int SMALL_BUFFER = 4_096;

    /**
     * A received frame.
     *
     * @param code first 32-bit number of the payload, which is the error code in RST_STREAM; 0 if the payload is shorter
     */
    public record Frame(int type, int flags, int stream, int code) {
        public boolean ends() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }
    }

    private final Socket socket = new Socket();
    private final List<Frame> frames = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    private RawHttp2(int port, String from, int window, boolean reads) {
        try {
            socket.bind(new InetSocketAddress(from, 0));
            if (!reads) {
                socket.setReceiveBufferSize(SMALL_BUFFER);
            }
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Patience.LIMIT_MILLIS);
            socket.setTcpNoDelay(true);
            send(PREFACE);
            byte[] setting = ByteBuffer.allocate(6)
                    .putShort((short) INITIAL_WINDOW_SIZE)
                    .putInt(window)
                    .array();
            send(frame(SETTINGS, 0, 0, setting));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (reads) {
            Thread.ofVirtual().start(this::read);
        }
    }

    /** A client that reads all frames. */
    public static RawHttp2 reading(int port) {
        return reading(port, LOOPBACK);
    }

    /** The same, from another address of this machine. */
    public static RawHttp2 reading(int port, String from) {
        return new RawHttp2(port, from, WINDOW, true);
    }

    /** A client that reads all frames.
     *
     * @param window initial flow-control window of each stream, in bytes
     */
    public static RawHttp2 reading(int port, int window) {
        return new RawHttp2(port, LOOPBACK, window, true);
    }

    /** A client that never reads. */
    public static RawHttp2 deaf(int port) {
        return deaf(port, LOOPBACK);
    }

    /** The same, from another address of this machine. */
    public static RawHttp2 deaf(int port, String from) {
        return new RawHttp2(port, from, WINDOW, false);
    }

    public static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** A HEADERS frame with the whole head.
     *
     * @param headers names, in lower case, and values in turn
     */
    public static byte[] head(int stream, boolean ends, String method, String path, String... headers) {
        return frame(HEADERS, END_HEADERS | (ends ? END_STREAM : 0), stream, block(method, path, headers));
    }

    /** A header block (RFC 7541) without indexing and Huffman coding. */
    public static byte[] block(String method, String path, String... headers) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        // Indexes of the static table: 2 is :method, 7 is :scheme https, 4 is :path, 1 is :authority.
        literal(block, 2, method);
        block.write(0x86);
        literal(block, 4, path);
        literal(block, 1, "localhost");
        for (int i = 0; i < headers.length; i += 2) {
            block.write(0);
            text(block, headers[i]);
            text(block, headers[i + 1]);
        }
        return block.toByteArray();
    }

    private static void literal(ByteArrayOutputStream block, int name, String value) {
        block.write(name);
        text(block, value);
    }

    private static void text(ByteArrayOutputStream block, String text) {
        // Integer with a 7-bit prefix (RFC 7541, section 5.1).
        int rest = text.length() - 127;
        block.write(Math.min(text.length(), 127));
        while (rest >= 0x80) {
            block.write(rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        if (rest >= 0) {
            block.write(rest);
        }
        block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    /** @throws UncheckedIOException if the server has closed the connection */
    public void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<Frame> frames() {
        return List.copyOf(frames);
    }

    /** Whether the server has ended this stream, by a reset or the end of its response. */
    public boolean isOver(int stream) {
        return frames.stream()
                .anyMatch(frame -> frame.stream() == stream && (frame.type() == RST_STREAM || frame.ends()));
    }

    public boolean wasReset(int stream) {
        return frames.stream().anyMatch(frame -> frame.stream() == stream && frame.type() == RST_STREAM);
    }

    /** Whether the server has closed the connection; only for a client that reads. */
    public boolean isClosed() {
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
                int code = length < Integer.BYTES ? 0 : ByteBuffer.wrap(payload).getInt();
                frames.add(new Frame(type, flags, stream, code));
            }
        } catch (IOException e) {
            // Closed by either side.
        } finally {
            closed.countDown();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed either way.
        }
    }
}
