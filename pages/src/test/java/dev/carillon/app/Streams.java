package dev.carillon.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Many open event streams, read by one thread that counts their bytes. */
final class Streams implements AutoCloseable {
    private static final int ADDRESSES = 16;
    private static final int IN_FLIGHT = 128;

    private final int port;
    private final Selector selector = Selector.open();
    private final List<Stream> streams = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private int open;
    private long bytes;

    Streams(int port) throws IOException {
        this.port = port;
    }

    private static final class Stream {
        final SocketChannel channel;
        final StringBuilder head = new StringBuilder();
        boolean open;
        /** Read from the connection since the mark, with its framing. */
        long bytes;

        Stream(SocketChannel channel) {
            this.channel = channel;
        }
    }

    /** Source address of the n-th client. */
    static int from(int n) {
        return 2 + n % ADDRESSES;
    }

    /** @param requests one for each stream */
    void open(List<String> requests) throws IOException {
        for (String request : requests) {
            int n = streams.size();
            while (n - open > IN_FLIGHT) {
                read(10);
            }
            SocketChannel channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) from(n)}), 0));
            channel.connect(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
            channel.configureBlocking(false);
            Stream stream = new Stream(channel);
            channel.register(selector, SelectionKey.OP_READ, stream);
            streams.add(stream);
        }
        readUntil(() -> open == streams.size());
        quiet();
    }

    /** Reads until nothing has come for half a second. */
    void quiet() throws IOException {
        long before;
        do {
            before = bytes;
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
            while (System.nanoTime() < until) {
                read(50);
            }
        } while (bytes != before);
    }

    void readUntil(BooleanSupplier reached) throws IOException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError(
                        open + " of " + streams.size() + " streams are open, they have read " + bytes + " bytes");
            }
            read(50);
        }
    }

    /** Bytes that all streams together have read. */
    long bytes() {
        return bytes;
    }

    /** From here on {@link #least} and {@link #most} count. */
    void mark() {
        streams.forEach(stream -> stream.bytes = 0);
    }

    long least() {
        return streams.stream().mapToLong(stream -> stream.bytes).min().orElse(0);
    }

    long most() {
        return streams.stream().mapToLong(stream -> stream.bytes).max().orElse(0);
    }

    String head() {
        return streams.getFirst().head.toString();
    }

    void read(long millis) throws IOException {
        selector.select(
                key -> {
                    try {
                        read((Stream) key.attachment());
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                },
                millis);
    }

    private void read(Stream stream) throws IOException {
        buffer.clear();
        int n = stream.channel.read(buffer);
        if (n < 0) {
            throw new IOException("a stream was closed: " + stream.head);
        }
        stream.bytes += n;
        bytes += n;
        if (!stream.open) {
            buffer.flip();
            stream.head.append(StandardCharsets.ISO_8859_1.decode(buffer));
            if (stream.head.indexOf("\r\n\r\n") >= 0) {
                if (!stream.head.substring(9, 12).equals("200")) {
                    throw new IOException("refused: " + stream.head);
                }
                stream.open = true;
                open++;
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (Stream stream : streams) {
            stream.channel.close();
        }
        selector.close();
    }
}
