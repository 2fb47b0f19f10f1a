package dev.carillon.fanout;

import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.Sends;
import dev.carillon.template.TemplateIndex;
import dev.carillon.template.TopicTemplate;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One I/O thread's connections. Other threads leave it items in one queue, in order; it is scheduled once for as many as there are. What
 * takes long is done in slices, between which the thread looks after its sockets; nothing overtakes it meanwhile.
 *
 * <p>At most {@value #MAX_FRAMES} frames with {@value #MAX_FRAME_BYTES} bytes wait. When one more comes, the thread cannot keep up
 * at all: then it is not queued, and the hub closes every connection (policy <em>disconnect</em>: the clients come back
 * and go on from their cursors), rather than leave a gap that nobody was told of.
 */
final class Hub implements Runnable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Hub.class);
    private static final int MAX_FRAMES = 100_000;
    private static final long MAX_FRAME_BYTES = 64L * 1024 * 1024;
    private static final int SCRATCH_BYTES = 64 * 1024;

    private final IoThread ioThread;
    private final FanOutConfig config;
    private final MemoryBudget budget;
    private final FanOutMetrics metrics;
    private final Formats formats;
    private final TemplateIndex templates;

    private final Queue<Item> items = new ConcurrentLinkedQueue<>();
    /** Whether a run is to come or in progress. */
    private final AtomicBoolean scheduled = new AtomicBoolean();

    private final AtomicInteger waitingFrames = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicBoolean overrun = new AtomicBoolean();
    private final AtomicBoolean ticking = new AtomicBoolean();

    // Below: the I/O thread only.
    private final Slice slice;
    private final Walk walk;
    private boolean walking;
    /** What a walk or a sweep was not finished with in its last slice. */
    private @Nullable Sweep sweep;
    /** A frame that was taken from the queue and does not join the batch before it. */
    private @Nullable Frame ahead;

    private final Supplier<Optional<Sends>> opening;
    private @Nullable Sends sends;
    private boolean opened;

    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private final Map<Interest, Members> lists = new HashMap<>();
    private @Nullable Connection[] connections = new Connection[64];
    private int size;
    private int second;
    private LiveFrom lastFrom = LiveFrom.NONE;

    /**
     * @param templates is told which ones have a list here
     * @param opening called on the I/O thread, when it is needed
     */
    Hub(
            IoThread ioThread,
            FanOutConfig config,
            MemoryBudget budget,
            FanOutMetrics metrics,
            Formats formats,
            TemplateIndex templates,
            Supplier<Optional<Sends>> opening,
            LongSupplier nanoTime) {
        this.slice = new Slice(nanoTime);
        this.ioThread = ioThread;
        this.config = config;
        this.budget = budget;
        this.metrics = metrics;
        this.formats = formats;
        this.templates = templates;
        this.opening = opening;
        this.walk = new Walk(this, formats.count());
    }

    FanOutConfig config() {
        return config;
    }

    MemoryBudget budget() {
        return budget;
    }

    FanOutMetrics metrics() {
        return metrics;
    }

    Formats formats() {
        return formats;
    }

    /** For what is put together for one write; whoever uses it has done with it before anybody else runs. */
    ByteBuffer scratch() {
        return scratch;
    }

    /** By which lists write to the sockets that they keep; null: connections are written to by their pipes alone. */
    @Nullable
    Sends sends() {
        if (!opened) {
            opened = true;
            sends = opening.get().orElse(null);
        }
        return sends;
    }

    void sendByChannels() {
        opened = true;
        Sends open = sends;
        sends = null;
        if (open != null) {
            open.close();
        }
    }

    /** An equal one that others have, too, where there is one: most streams begin while nothing happens. */
    LiveFrom same(LiveFrom from) {
        if (!from.equals(lastFrom)) {
            lastFrom = from;
        }
        return lastFrom;
    }

    int second() {
        return second;
    }

    /** From any thread: runs something short on the I/O thread, after everything that was left before. */
    void execute(Runnable action) {
        leave(new Item.Task(action));
    }

    /** From any thread. */
    void deliver(Frame frame) {
        int frames = waitingFrames.incrementAndGet();
        long bytes = waitingBytes.addAndGet(frame.size());
        if (frames > MAX_FRAMES || bytes > MAX_FRAME_BYTES) {
            taken(frame);
            // Queued at the place of the first frame that is missing: nothing after it reaches who missed it.
            if (overrun.compareAndSet(false, true)) {
                leave(new Sweep(this::beginOverrun, connection -> connection.close(CloseReason.OVERRUN)));
            }
            return;
        }
        leave(frame);
    }

    private void taken(Frame frame) {
        waitingFrames.decrementAndGet();
        waitingBytes.addAndGet(-frame.size());
    }

    private void leave(Item item) {
        items.add(item);
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            schedule(() -> ioThread.execute(this));
        }
    }

    private static void schedule(Runnable scheduling) {
        try {
            scheduling.run();
        } catch (RejectedExecutionException e) {
            // The node is stopping: its sockets are closed by their owner.
            LOGGER.debug("a hub was given work after its thread had ended");
        }
    }

    @Override
    public void run() {
        slice.begin();
        do {
            try {
                while (goOn() && !slice.isOverNow() && begin()) {
                    // One after the other.
                }
            } catch (RuntimeException e) {
                LOGGER.error("a task of a hub failed", e);
            }
            if (isBusy() || slice.isOverNow()) {
                schedule(() -> ioThread.executeAfterSockets(this));
                return;
            }
            scheduled.set(false);
            // What was left after the queue was found empty, and before this was said, is nobody else's to schedule.
        } while (!items.isEmpty() && scheduled.compareAndSet(false, true));
    }

    private boolean isBusy() {
        return walking || sweep != null || ahead != null || !items.isEmpty();
    }

    /** Goes on with what the slice before left; false: it is not done yet. */
    private boolean goOn() {
        if (walking) {
            walking = !walk.run(slice);
        }
        Sweep unfinished = sweep;
        if (unfinished != null && unfinished.run(this, slice)) {
            sweep = null;
        }
        return !walking && sweep == null;
    }

    /** Begins with the next item; false: there is none. */
    private boolean begin() {
        Frame frame = ahead;
        ahead = null;
        Item item = frame == null ? items.poll() : frame;
        switch (item) {
            case null -> {
                return false;
            }
            case Item.Task task -> task.action().run();
            case Sweep next -> sweep = next;
            case Frame next -> {
                if (frame == null) {
                    taken(next);
                }
                begin(next);
            }
        }
        return true;
    }

    /** With as many of the following frames as can be written together with it. */
    private void begin(Frame first) {
        walk.batch.begin(first);
        boolean joined = true;
        while (joined && items.peek() instanceof Frame next) {
            items.remove();
            taken(next);
            joined = concernsNobody(next) || walk.batch.join(next);
            if (!joined) {
                ahead = next;
            }
        }
        walk.begin();
        walking = true;
    }

    private boolean concernsNobody(Frame frame) {
        for (Interest key : frame.about().keys()) {
            if (lists.containsKey(key)) {
                return false;
            }
        }
        return true;
    }

    /** On the I/O thread. */
    Connection add(Pipe pipe, ConnectionOptions options, List<Interest> interests) {
        Connection connection = new Connection(this, pipe, options, interests);
        if (size == connections.length) {
            connections = Arrays.copyOf(connections, size * 2);
        }
        connection.index = size;
        connections[size++] = connection;
        metrics.connections.incrementAndGet();
        formats.opened(connection.format());
        return connection;
    }

    /**
     * Puts a connection into the lists of more interests; on the I/O thread. From now on live events wait, until {@link Connection#open}.
     *
     * @throws CarillonException {@code overloaded}: the node has no room for one more template; then it is in none of these lists
     */
    void enlist(Connection connection, List<Interest> interests) {
        List<Member> added = new ArrayList<>(interests.size());
        try {
            for (Interest interest : interests) {
                Members list = lists.computeIfAbsent(interest, this::begin);
                Member member = new Member(connection, list);
                list.add(member);
                added.add(member);
            }
        } catch (CarillonException e) {
            added.forEach(this::remove);
            throw e;
        }
        connection.enlisted(added);
    }

    private Members begin(Interest key) {
        if (key instanceof Interest.Matching(Tenant tenant, TopicTemplate template)) {
            templates.add(tenant, template);
        }
        return new Members(key);
    }

    private void end(Interest key) {
        lists.remove(key);
        if (key instanceof Interest.Matching(Tenant tenant, TopicTemplate template)) {
            templates.remove(tenant, template);
        }
    }

    /** On the I/O thread. */
    void remove(Connection connection) {
        for (Member member : connection.members()) {
            remove(member);
        }
        Connection last = connection(--size);
        connections[connection.index] = last;
        last.index = connection.index;
        connections[size] = null;
        metrics.connections.decrementAndGet();
        formats.closed(connection.format());
    }

    /** On the I/O thread. */
    void remove(Member member) {
        walk.remove(member);
        if (member.list.size() == 0) {
            end(member.list.key);
        }
    }

    @Nullable
    Members list(Interest key) {
        return lists.get(key);
    }

    /** How many scopes have a list; on the I/O thread, for tests. */
    int listCount() {
        return lists.size();
    }

    int size() {
        return size;
    }

    Connection connection(int index) {
        return Objects.requireNonNull(connections[index]);
    }

    /** From any thread, once a second; one that comes while the one before is in progress is left out. */
    void tick(long nowMillis) {
        if (ticking.compareAndSet(false, true)) {
            leave(new Sweep(
                    all -> {
                        second++;
                        ticking.set(false);
                        return 0;
                    },
                    connection -> connection.tick(nowMillis)));
        }
    }

    /** From any thread: to those with an interest in a tenant; null: to all. */
    void tell(Frame frame, @Nullable Tenant tenant) {
        leave(new Sweep(connection -> {
            if (tenant == null || connection.concerns(tenant)) {
                connection.tell(frame);
            }
        }));
    }

    /** On the I/O thread: ends the connections in a list; how many. */
    int end(Interest interest, CloseReason reason, IntSupplier retryMillis) {
        Members list = lists.get(interest);
        if (list == null) {
            return 0;
        }
        List<Connection> connections = new ArrayList<>(list.size());
        for (int i = 0; i < list.size(); i++) {
            connections.add(list.at(i).connection);
        }
        connections.forEach(connection -> connection.end(reason, retryMillis.getAsInt()));
        return connections.size();
    }

    /** From any thread: ends a part of the connections, rounded up, each with a delay of its own. */
    void endShare(CloseReason reason, double share, IntSupplier retryMillis) {
        leave(new Sweep(
                all -> all - (int) Math.ceil(all * Math.min(1, share)),
                connection -> connection.end(reason, retryMillis.getAsInt())));
    }

    private int beginOverrun(int all) {
        overrun.set(false);
        LOGGER.atError()
                .addKeyValue("connections", all)
                .log("an I/O thread cannot keep up: its connections are closed");
        return 0;
    }
}
