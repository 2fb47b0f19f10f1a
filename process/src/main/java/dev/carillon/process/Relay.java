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

/** A TCP relay between one node and its broker, which can be cut, or swallow everything without a sign. */
public final class Relay implements AutoCloseable {
    private enum State {
        OPEN,
        BLACK_HOLE,
        CUT
    }

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object gate = new Object();
    private State state = State.OPEN;

    public Relay(int targetPort) {
        this.target = targetPort;
        try {
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    /** Closes every connection, and new ones at once. */
    public void cut() {
        set(State.CUT);
        closeAll();
    }

    /** Carries nothing any more, in neither direction, and closes nothing. */
    public void blackHole() {
        set(State.BLACK_HOLE);
    }

    /** Carries again; what the connections that are still open had sent in the black hole arrives now. */
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
        synchronized (gate) {
            state = next;
            gate.notifyAll();
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
            // The peer went away, or the server is down: the client sees the close.
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

    /** Waits while the relay is a black hole; false: it is cut. */
    private boolean passes() {
        synchronized (gate) {
            while (state == State.BLACK_HOLE) {
                try {
                    gate.wait();
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
            // Closing is all that was wanted.
        }
    }
}
