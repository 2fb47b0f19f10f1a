package dev.carillon.proxy;

import io.undertow.client.ClientConnection;
import io.undertow.util.WorkerUtils;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/**
 * Pool of idle connections to one node. Each I/O thread has its own pool of at most {@value #MAX_PER_THREAD} connections, which only that
 * thread accesses; the newest connection is reused first. Idle connections are closed after {@value #TTL_SECONDS} s, before the node closes
 * them.
 */
final class IdleConnections {
    private static final int MAX_PER_THREAD = 32;
    private static final int TTL_SECONDS = 15;

    private record Idle(ClientConnection connection, XnioExecutor.Key timer) {}

    private volatile int maxPerThread = MAX_PER_THREAD;
    private final Map<XnioIoThread, Deque<Idle>> byThread = new ConcurrentHashMap<>();

    /** Removes and returns an open connection; null: none. On the I/O thread. */
    @Nullable
    ClientConnection take(XnioIoThread thread) {
        Deque<Idle> own = byThread.get(thread);
        while (own != null && !own.isEmpty()) {
            Idle idle = own.removeLast();
            idle.timer().remove();
            if (idle.connection().isOpen()) {
                return idle.connection();
            }
        }
        return null;
    }

    /** Adds a connection; on its I/O thread. */
    void put(ClientConnection connection) {
        XnioIoThread thread = connection.getIoThread();
        Deque<Idle> own = byThread.computeIfAbsent(thread, t -> new ArrayDeque<>());
        if (own.size() >= maxPerThread) {
            close(own.removeFirst());
        }
        own.addLast(new Idle(
                connection,
                WorkerUtils.executeAfter(thread, () -> expire(own, connection), TTL_SECONDS, TimeUnit.SECONDS)));
    }

    /** Limits the pool of each thread, to at least one connection. */
    void limit(int perThread) {
        maxPerThread = Math.clamp(perThread, 1, MAX_PER_THREAD);
    }

    /** Closes all idle connections; thread-safe. */
    void closeAll() {
        byThread.forEach((thread, own) -> thread.execute(() -> {
            while (!own.isEmpty()) {
                close(own.removeFirst());
            }
        }));
    }

    private static void expire(Deque<Idle> own, ClientConnection connection) {
        if (own.removeIf(idle -> idle.connection().equals(connection))) {
            Upstream.cut(connection);
        }
    }

    private static void close(Idle idle) {
        idle.timer().remove();
        Upstream.cut(idle.connection());
    }
}
