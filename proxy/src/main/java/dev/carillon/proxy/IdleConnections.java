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
 * Connections to one node on which nothing is asked. Each I/O thread has its own, at most {@value #MAX_PER_THREAD} or what there is
 * room for, and alone touches them; the newest is taken first. They go after {@value #TTL_SECONDS} s, before the node would close them.
 */
final class IdleConnections {
    private static final int MAX_PER_THREAD = 32;
    private static final int TTL_SECONDS = 15;

    private record Idle(ClientConnection connection, XnioExecutor.Key timer) {}

    private volatile int most = MAX_PER_THREAD;
    private final Map<XnioIoThread, Deque<Idle>> byThread = new ConcurrentHashMap<>();

    /** On the I/O thread. */
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

    /** On the connection's I/O thread. */
    void put(ClientConnection connection) {
        XnioIoThread thread = connection.getIoThread();
        Deque<Idle> own = byThread.computeIfAbsent(thread, t -> new ArrayDeque<>());
        if (own.size() >= most) {
            close(own.removeFirst());
        }
        own.addLast(new Idle(
                connection,
                WorkerUtils.executeAfter(thread, () -> expire(own, connection), TTL_SECONDS, TimeUnit.SECONDS)));
    }

    /** From now on each thread keeps at the most so many, and one at least. */
    void keepAtMost(int ofOneThread) {
        most = Math.clamp(ofOneThread, 1, MAX_PER_THREAD);
    }

    /** From any thread. */
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
