package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.scope.Tenant;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One I/O thread's connections. Other threads leave it tasks and frames in one queue, in order; at most one run of it is
 * scheduled at a time.
 *
 * <p>At most {@value #MAX_FRAMES} frames with {@value #MAX_FRAME_BYTES} bytes wait. When one more comes, the thread cannot keep up
 * at all: then it is not queued, and the hub closes every connection (policy <em>disconnect</em>: the clients come back
 * and go on from their cursors), rather than leave a gap that nobody was told of.
 */
final class Hub implements Runnable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Hub.class);
    private static final int MAX_FRAMES = 100_000;
    private static final long MAX_FRAME_BYTES = 64L * 1024 * 1024;
    private static final int BATCH_BYTES = 64 * 1024;
    /** After so many tasks the thread looks after its sockets before it goes on. */
    private static final int TASKS_PER_RUN = 256;

    private final Executor ioThread;
    private final FanOutConfig config;
    private final FanOutMetrics metrics;
    private final ByteBuffer heartbeat;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicInteger waitingFrames = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicBoolean overrun = new AtomicBoolean();

    // Below: the I/O thread only.
    private final ByteBuffer batch = ByteBuffer.allocateDirect(BATCH_BYTES);
    private final Map<Interest, Members> lists = new HashMap<>();
    private @Nullable Connection[] connections = new Connection[64];
    private int size;
    private int second;

    Hub(Executor ioThread, FanOutConfig config, FanOutMetrics metrics, byte[] heartbeat) {
        this.ioThread = ioThread;
        this.config = config;
        this.metrics = metrics;
        this.heartbeat =
                ByteBuffer.allocateDirect(heartbeat.length).put(heartbeat).flip();
    }

    FanOutConfig config() {
        return config;
    }

    FanOutMetrics metrics() {
        return metrics;
    }

    int second() {
        return second;
    }

    /** From any thread: runs something on the I/O thread, after everything that was left before. */
    void execute(Runnable task) {
        tasks.add(task);
        schedule();
    }

    /** From the feed's thread. */
    void deliver(Frame frame) {
        int frames = waitingFrames.incrementAndGet();
        long bytes = waitingBytes.addAndGet(frame.size());
        if (frames > MAX_FRAMES || bytes > MAX_FRAME_BYTES) {
            waitingFrames.decrementAndGet();
            waitingBytes.addAndGet(-frame.size());
            // Queued at the place of the first frame that is missing: nothing after it reaches who missed it.
            if (overrun.compareAndSet(false, true)) {
                execute(this::closeOverrun);
            }
            return;
        }
        execute(() -> {
            waitingFrames.decrementAndGet();
            waitingBytes.addAndGet(-frame.size());
            walk(frame);
        });
    }

    private void schedule() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            try {
                ioThread.execute(this);
            } catch (RejectedExecutionException e) {
                // The node is stopping: its sockets are closed by their owner.
                LOGGER.debug("a hub was given work after its thread had ended");
            }
        }
    }

    @Override
    public void run() {
        scheduled.set(false);
        for (int i = 0; i < TASKS_PER_RUN; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            try {
                task.run();
            } catch (RuntimeException e) {
                LOGGER.error("a task of a hub failed", e);
            }
        }
        schedule();
    }

    /** On the I/O thread. */
    Connection add(Pipe pipe, Subscription subscription) {
        Connection connection = new Connection(this, pipe, subscription);
        if (size == connections.length) {
            connections = Arrays.copyOf(connections, size * 2);
        }
        connection.index = size;
        connections[size++] = connection;
        metrics.connections.incrementAndGet();
        return connection;
    }

    /** On the I/O thread: from now on it has what its scopes get. */
    void enlist(Connection connection) {
        List<Interest> interests = connection.subscription().interests();
        Member[] members = new Member[interests.size()];
        for (int i = 0; i < members.length; i++) {
            Members list = lists.computeIfAbsent(interests.get(i), Members::new);
            members[i] = new Member(connection, list);
            list.add(members[i]);
        }
        connection.enlisted(members);
    }

    /** On the I/O thread. */
    void remove(Connection connection) {
        for (Member member : connection.members()) {
            member.list.remove(member);
            if (member.list.size() == 0) {
                lists.remove(member.list.key);
            }
        }
        Connection last = connection(--size);
        connections[connection.index] = last;
        last.index = connection.index;
        connections[size] = null;
        metrics.connections.decrementAndGet();
    }

    /** How many scopes have a list; on the I/O thread, for tests. */
    int listCount() {
        return lists.size();
    }

    private Connection connection(int index) {
        return Objects.requireNonNull(connections[index]);
    }

    private void walk(Frame frame) {
        ByteBuffer view = direct(frame);
        int delivered = 0;
        for (Interest key : frame.keys()) {
            Members list = lists.get(key);
            if (list == null) {
                continue;
            }
            // From the end: a connection that closes now is replaced by one that has been visited.
            for (int i = list.size() - 1; i >= 0; i--) {
                if (list.connection(i).deliver(frame, view, list)) {
                    delivered++;
                }
            }
        }
        if (delivered > 0) {
            metrics.deliveries.increment(delivered);
        }
    }

    /** Sockets take direct buffers as they are; a heap buffer would be copied for each connection. */
    private ByteBuffer direct(Frame frame) {
        if (frame.size() > batch.capacity()) {
            return frame.bytes().duplicate();
        }
        return batch.clear().put(frame.bytes().duplicate()).flip();
    }

    /** On the I/O thread, once a second. */
    void tick(long nowMillis) {
        second++;
        for (int i = size - 1; i >= 0; i--) {
            connection(i).tick(second, nowMillis, heartbeat);
        }
    }

    /** On the I/O thread: to those with an interest in a tenant; null: to all. */
    void tell(Frame frame, @Nullable Tenant tenant) {
        for (int i = size - 1; i >= 0; i--) {
            Connection connection = connection(i);
            if (tenant == null
                    || connection.interests().stream()
                            .anyMatch(interest -> interest.tenant().equals(tenant))) {
                connection.tell(frame);
            }
        }
    }

    /** On the I/O thread. */
    void endShare(double share, List<ByteBuffer> farewells) {
        int first = size - (int) Math.ceil(size * Math.min(1, share));
        for (int i = size - 1; i >= first; i--) {
            connection(i).end(farewells.get(i % farewells.size()).duplicate());
        }
    }

    private void closeOverrun() {
        LOGGER.atError()
                .addKeyValue("connections", size)
                .log("an I/O thread cannot keep up: its connections are closed");
        metrics.overruns.increment(size);
        for (int i = size - 1; i >= 0; i--) {
            connection(i).close();
        }
    }
}
