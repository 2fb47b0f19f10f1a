package dev.carillon.transport;

import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.fanout.PipeListener;
import dev.carillon.format.WireFormats;
import dev.carillon.http.Origins;
import dev.carillon.http.Problem;
import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.Deflater;

/**
 * Sends every WebSocket message back, on the transport code of the product: for conformance suites of others, which expect an echo server. The program
 * takes a port of 127.0.0.1 and runs until it is killed.
 */
public final class WebSocketEcho implements AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
    /** Bytes that wait for a client; beyond it the connection is closed. */
    private static final int MAX_QUEUED_BYTES = 4 * MAX_MESSAGE_BYTES;

    private final Undertow server;

    /** @param port 0: any free port */
    public WebSocketEcho(int port) {
        server = Undertow.builder()
                .addHttpListener(port, "127.0.0.1", WebSocketEcho::accept)
                .build();
        server.start();
    }

    public static void main(String[] args) {
        if (args.length != 1 || !args[0].matches("\\d{1,5}")) {
            System.err.println("usage: WebSocketEcho PORT");
            System.exit(2);
        }
        WebSocketEcho echo = new WebSocketEcho(Integer.parseInt(args[0]));
        System.out.println("WebSocket echo at ws://127.0.0.1:" + echo.port());
    }

    public int port() {
        return ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
    }

    @Override
    public void close() {
        server.stop();
    }

    private static void accept(HttpServerExchange exchange) {
        try {
            WebSocketHandshake handshake = WebSocketHandshake.of(exchange, Origins.none(), true);
            exchange.dispatch(exchange.getIoThread(), () -> new Session(exchange, handshake));
        } catch (CarillonException e) {
            Problem.answer(exchange, e);
        }
    }

    /** One connection. On its I/O thread. */
    private static final class Session implements PipeListener, WebSocketReader.Messages, WebSocketReader.Answers {
        private final RawPipe pipe;
        private final boolean compression;
        private final WebSocketReader reader;
        private final ArrayDeque<ByteBuffer> queue = new ArrayDeque<>();
        private long queued;
        private boolean ending;

        Session(HttpServerExchange exchange, WebSocketHandshake handshake) {
            compression = handshake.deflate() != null;
            reader = new WebSocketReader(compression, bytes -> true);
            reader.maxBytes(MAX_MESSAGE_BYTES);
            StreamHead head = handshake.head(Map.of(), null);
            pipe = RawPipe.takeOver(exchange);
            pipe.listen(this);
            write(pipe.begin(head, WireFormats.WEBSOCKET));
        }

        @Override
        public void received(ByteBuffer bytes) {
            reader.read(bytes, this, this);
        }

        @Override
        public void text(String text) {
            send(0x81, Text.utf8(text));
        }

        @Override
        public void binary(byte[] bytes) {
            send(0x82, bytes);
        }

        private void send(int first, byte[] payload) {
            if (compression) {
                byte[] deflated = deflated(payload);
                write(frame(first | 0x40, deflated));
            } else {
                write(frame(first, payload));
            }
        }

        private static byte[] deflated(byte[] raw) {
            Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
            deflater.setInput(raw);
            byte[] out = new byte[raw.length + raw.length / 100 + 64];
            int n = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
            deflater.end();
            return Arrays.copyOf(out, n - 4);
        }

        private static byte[] frame(int first, byte[] payload) {
            ByteBuffer frame = ByteBuffer.allocate(payload.length + 10).put((byte) first);
            if (payload.length <= 125) {
                frame.put((byte) payload.length);
            } else if (payload.length <= 65_535) {
                frame.put((byte) 126).putShort((short) payload.length);
            } else {
                frame.put((byte) 127).putLong(payload.length);
            }
            return Arrays.copyOf(frame.put(payload).array(), frame.position());
        }

        @Override
        public void write(byte[] frame) {
            queue.add(ByteBuffer.wrap(frame));
            queued += frame.length;
            if (queued > MAX_QUEUED_BYTES) {
                pipe.close();
            } else {
                writable();
            }
        }

        @Override
        public void close(CloseReason reason, byte[] frame) {
            ending = true;
            write(frame);
        }

        @Override
        public void writable() {
            try {
                while (!queue.isEmpty()) {
                    ByteBuffer next = queue.element();
                    queued -= pipe.write(next);
                    if (next.hasRemaining()) {
                        pipe.wantWrites(true);
                        return;
                    }
                    queue.remove();
                }
                pipe.wantWrites(false);
                if (ending) {
                    pipe.closeAfterFlush();
                }
            } catch (IOException e) {
                pipe.close();
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void closed() {
            reader.close();
        }
    }
}
