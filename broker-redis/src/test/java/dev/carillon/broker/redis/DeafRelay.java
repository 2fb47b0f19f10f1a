package dev.carillon.broker.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/** A relay that can drop all messages from the server on connections with subscriptions, and forwards those of other connections. */
final class DeafRelay implements AutoCloseable {
    private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private volatile boolean deaf;

    DeafRelay(int target) throws IOException {
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket client = server.accept();
                    Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
                    AtomicBoolean subscribed = new AtomicBoolean();
                    Thread.ofVirtual().start(() -> pump(client, upstream, subscribed, true));
                    Thread.ofVirtual().start(() -> pump(upstream, client, subscribed, false));
                } catch (IOException e) {
                    // Closed.
                }
            }
        });
    }

    int port() {
        return server.getLocalPort();
    }

    void deaf(boolean value) {
        deaf = value;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void pump(Socket from, Socket to, AtomicBoolean subscribed, boolean fromClient) {
        byte[] buffer = new byte[64 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int n;
            while ((n = in.read(buffer)) >= 0) {
                if (fromClient && new String(buffer, 0, n, StandardCharsets.ISO_8859_1).contains("SUBSCRIBE")) {
                    subscribed.set(true);
                }
                if (fromClient || !deaf || !subscribed.get()) {
                    out.write(buffer, 0, n);
                }
            }
        } catch (IOException e) {
            // The peer disconnected.
        }
    }
}
