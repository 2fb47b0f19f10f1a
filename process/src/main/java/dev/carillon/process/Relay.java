package dev.carillon.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP relay that can cut its connections, or stop forwarding without closing them. */
public final class Relay implements AutoCloseable {
    private enum State {
        OPEN,
        BLACK_HOLE,
        CUT
    }

    private final ServerSocket server;
    private volatile int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object lock = new Object();
    private State state = State.OPEN;

    public Relay(int targetPort) {
        this();
        this.target = targetPort;
    }

    /** A relay whose target must be set before the first connection. */
    public Relay() {
        try {
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Sets the port to which each new connection is relayed. */
    public void target(int port) {
        target = port;
    }

    public int port() {
        return server.getLocalPort();
    }

    /** Closes every connection, and each new one immediately. */
    public void cut() {
        set(State.CUT);
        closeAll();
    }

    /** Stops forwarding in both directions without closing any connection. */
    public void blackHole() {
        set(State.BLACK_HOLE);
    }

    /** Forwards again, including data that open connections sent meanwhile. */
    public void heal() {
        set(State.OPEN);
    }

    @Override
    public void close() {
        set(State.CUT);
        closeQuietly(server);
        closeAll();
    }

    private void set(State next) {
        synchronized (lock) {
            state = next;
            lock.notifyAll();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> relay(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void relay(Socket client) {
        sockets.add(client);
        try (client;
                Socket upstream = new Socket()) {
            if (!passes()) {
                return;
            }
            upstream.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target), 1000);
            sockets.add(upstream);
            Thread back = Thread.ofVirtual().start(() -> pump(upstream, client));
            pump(client, upstream);
            back.join();
            sockets.remove(upstream);
        } catch (IOException e) {
            // A peer closed the connection, or the server is down: the client sees the close.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(client);
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[64 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int n;
            while ((n = in.read(buffer)) >= 0 && passes()) {
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // As above.
        } finally {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    /** Waits while the relay is a black hole; returns false if it is cut. */
    private boolean passes() {
        synchronized (lock) {
            while (state == State.BLACK_HOLE) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return state == State.OPEN;
        }
    }

    private void closeAll() {
        sockets.forEach(Relay::closeQuietly);
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is closed either way.
        }
    }
}
