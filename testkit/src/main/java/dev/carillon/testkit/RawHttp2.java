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

/** A client of HTTP/2 in the clear that writes frames as a test says, whatever the protocol says, and may never read. */
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
     * A frame that came.
     *
     * @param code the first number of its payload: of RST_STREAM the error; 0: it has none
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

    /** Reads all that comes. */
    public static RawHttp2 reading(int port) {
        return reading(port, LOOPBACK);
    }

    /** The same from another address of this machine. */
    public static RawHttp2 reading(int port, String from) {
        return new RawHttp2(port, from, WINDOW, true);
    }

    /** Reads all that comes, and lets each stream send this many bytes. */
    public static RawHttp2 reading(int port, int window) {
        return new RawHttp2(port, LOOPBACK, window, true);
    }

    /** Never reads. */
    public static RawHttp2 deaf(int port) {
        return deaf(port, LOOPBACK);
    }

    /** The same from another address of this machine. */
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

    /** HEADERS with the whole head. Further headers are names and values in turn, names in small letters. */
    public static byte[] head(int stream, boolean ends, String method, String path, String... headers) {
        return frame(HEADERS, END_HEADERS | (ends ? END_STREAM : 0), stream, block(method, path, headers));
    }

    /** RFC 7541 without indexing and without Huffman. */
    public static byte[] block(String method, String path, String... headers) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        // Of the static table: 2 :method, 7 :scheme https, 4 :path, 1 :authority.
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
        // RFC 7541, section 5.1, with a prefix of 7 bits.
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

    /** @throws UncheckedIOException when the server has closed the connection */
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

    /** Whether the server has ended this stream, by a reset or the end of its answer. */
    public boolean isOver(int stream) {
        return frames.stream()
                .anyMatch(frame -> frame.stream() == stream && (frame.type() == RST_STREAM || frame.ends()));
    }

    public boolean wasReset(int stream) {
        return frames.stream().anyMatch(frame -> frame.stream() == stream && frame.type() == RST_STREAM);
    }

    /** Of one that reads. */
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
            // Closing is all that was wanted.
        }
    }
}
