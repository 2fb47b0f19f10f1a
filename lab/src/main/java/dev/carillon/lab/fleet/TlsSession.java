package dev.carillon.lab.fleet;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;

/** TLS on a non-blocking socket. What is sent always fits into the socket's buffer, as a client sends only requests and short frames. */
public final class TlsSession {
    private static final int BUFFER_BYTES = 32 * 1024;
    /** For all sessions of the thread: they hold nothing between two calls. */
    private static final ThreadLocal<ByteBuffer> OUT = ThreadLocal.withInitial(() -> ByteBuffer.allocate(BUFFER_BYTES));

    private static final ThreadLocal<ByteBuffer> PLAIN =
            ThreadLocal.withInitial(() -> ByteBuffer.allocate(BUFFER_BYTES));
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SocketChannel channel;
    private final SSLEngine engine;
    /** Bytes of an incomplete record. */
    private byte[] rest = {};

    private boolean open;

    /** Receives decrypted bytes. */
    public interface Receiver {
        void accept(ByteBuffer bytes) throws IOException;
    }

    public TlsSession(SocketChannel channel, Fleet.Tls tls, String host, int port) {
        this.channel = channel;
        this.engine = tls.context().createSSLEngine(host, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {tls.http2() ? "h2" : "http/1.1"});
        engine.setSSLParameters(parameters);
    }

    /** Starts the handshake, once the socket is connected. */
    public void begin() throws IOException {
        engine.beginHandshake();
        advance();
    }

    /** Whether the handshake is complete. */
    public boolean isOpen() {
        return open;
    }

    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            wrap(bytes);
        }
    }

    /**
     * Reads what the socket has.
     *
     * @param buffer for the encrypted bytes
     * @return whether the connection continues
     */
    public boolean read(ByteBuffer buffer, Receiver receiver) throws IOException {
        buffer.put(rest);
        int n = channel.read(buffer);
        if (n < 0) {
            return false;
        }
        buffer.flip();
        ByteBuffer plain = PLAIN.get();
        while (true) {
            SSLEngineResult result = engine.unwrap(buffer, plain.clear());
            if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
                return false;
            }
            advance();
            if (plain.flip().hasRemaining()) {
                receiver.accept(plain);
            }
            boolean idle = result.bytesConsumed() == 0 && result.bytesProduced() == 0;
            if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW
                    || !buffer.hasRemaining()
                    || idle && engine.getHandshakeStatus() != HandshakeStatus.NEED_UNWRAP) {
                break;
            }
        }
        rest = new byte[buffer.remaining()];
        buffer.get(rest);
        return true;
    }

    /** Does what the handshake needs until it needs bytes of the server. */
    private void advance() throws IOException {
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> engine.getDelegatedTask().run();
                case NEED_WRAP -> wrap(NOTHING);
                case NOT_HANDSHAKING, FINISHED -> {
                    open = true;
                    return;
                }
                default -> {
                    return;
                }
            }
        }
    }

    private void wrap(ByteBuffer bytes) throws IOException {
        ByteBuffer out = OUT.get();
        SSLEngineResult result = engine.wrap(bytes, out.clear());
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
            throw new EOFException("the server has closed the TLS session");
        }
        out.flip();
        while (out.hasRemaining()) {
            if (channel.write(out) == 0) {
                throw new IOException("the send buffer is too small for a request");
            }
        }
    }
}
