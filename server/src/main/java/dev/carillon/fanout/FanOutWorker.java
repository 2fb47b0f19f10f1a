package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.auth.Grants.Asked;
import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.BulkSender;
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
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the connections of one I/O thread. Other threads add tasks to one queue; the worker runs them in that order and is scheduled
 * once for any number of queued tasks. Long tasks run in time slices so that the thread can poll its sockets in between; no later task
 * overtakes an unfinished one.
 *
 * <p>The queue holds at most {@value #MAX_FRAMES} frames and {@value #MAX_FRAME_BYTES} bytes. A frame beyond that is not queued: the worker closes
 * all its connections instead (policy <em>disconnect</em>), so that clients resume from their cursors and no gap goes unannounced.
 */
final class FanOutWorker implements Runnable {
    private static final Logger LOGGER = LoggerFactory.getLogger(FanOutWorker.class);
    private static final int MAX_FRAMES = 100_000;
    private static final long MAX_FRAME_BYTES = 64L * 1024 * 1024;
    private static final int SCRATCH_BYTES = 64 * 1024;
    /** Choices for each connection to end, as some are not eligible. */
    private static final int CHOICES = 8;

    private final IoThread ioThread;
    private final FanOutConfig config;
    private final MemoryBudget budget;
    private final FanOutMetrics metrics;
    private final Formats formats;
    private final TemplateIndex templates;

    private final Queue<WorkerTask> tasks = new ConcurrentLinkedQueue<>();
    /** Whether a run is scheduled or in progress. */
    private final AtomicBoolean scheduled = new AtomicBoolean();

    private final AtomicInteger queuedFrames = new AtomicInteger();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicBoolean overrun = new AtomicBoolean();
    private final AtomicBoolean ticking = new AtomicBoolean();
    private final AtomicBoolean revoking = new AtomicBoolean();

    // The fields below are confined to the I/O thread.
    private final TimeSlice slice;
    private final LongSupplier nanoTime;
    private final Recording recording;
    private final BatchDelivery delivery;
    private boolean delivering;
    /** A sweep that the last slice did not finish. */
    private @Nullable Sweep sweep;
    /** A frame that was removed from the queue but could not join the current batch. */
    private @Nullable Frame nextFrame;

    private final Supplier<Optional<BulkSender>> senderFactory;
    private @Nullable BulkSender sender;
    private boolean senderCreated;

    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private final Map<Interest, MembershipList> lists = new HashMap<>();
    private @Nullable Connection[] connections = new Connection[64];
    private int size;
    private int second;
    private LiveFrom lastFrom = LiveFrom.NONE;

    /**
     * @param templates receives the templates that have a list here
     * @param senderFactory called once on the I/O thread, before the first bulk send
     */
    FanOutWorker(
            IoThread ioThread,
            FanOutConfig config,
            MemoryBudget budget,
            FanOutMetrics metrics,
            Formats formats,
            TemplateIndex templates,
            Supplier<Optional<BulkSender>> senderFactory,
            LongSupplier nanoTime,
            Recording recording) {
        this.recording = recording;
        this.slice = new TimeSlice(nanoTime);
        this.nanoTime = nanoTime;
        this.ioThread = ioThread;
        this.config = config;
        this.budget = budget;
        this.metrics = metrics;
        this.formats = formats;
        this.templates = templates;
        this.senderFactory = senderFactory;
        this.delivery = new BatchDelivery(this, formats.count());
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

    Recording recording() {
        return recording;
    }

    long nanoTime() {
        return nanoTime.getAsLong();
    }

    Formats formats() {
        return formats;
    }

    /** A buffer for assembling one write. Its content is valid until the caller returns. */
    ByteBuffer scratch() {
        return scratch;
    }

    /** Writes to cached sockets; null: every write goes through the connection's pipe. */
    @Nullable
    BulkSender sender() {
        if (!senderCreated) {
            senderCreated = true;
            sender = senderFactory.get().orElse(null);
        }
        return sender;
    }

    /** Stops bulk sends for good: every write goes through the connection's pipe. */
    void useChannels() {
        senderCreated = true;
        BulkSender last = sender;
        sender = null;
        if (last != null) {
            last.close();
        }
    }

    /** Returns the last equal instance, so that connections which open between two events share one. */
    LiveFrom shared(LiveFrom from) {
        if (!from.equals(lastFrom)) {
            lastFrom = from;
        }
        return lastFrom;
    }

    int second() {
        return second;
    }

    /** From any thread: runs a short action on the I/O thread, after all tasks queued before. */
    void execute(Runnable action) {
        enqueue(new WorkerTask.Action(action));
    }

    /** Queues a frame. From any thread. */
    void deliver(Frame frame) {
        int frames = queuedFrames.incrementAndGet();
        long bytes = queuedBytes.addAndGet(frame.size());
        if (frames > MAX_FRAMES || bytes > MAX_FRAME_BYTES) {
            dequeued(frame);
            // Queued in place of the first missing frame, so that no connection receives a later one.
            if (overrun.compareAndSet(false, true)) {
                enqueue(new Sweep(this::beginOverrun, connection -> connection.close(CloseReason.OVERRUN)));
            }
            return;
        }
        enqueue(frame);
    }

    private void dequeued(Frame frame) {
        queuedFrames.decrementAndGet();
        queuedBytes.addAndGet(-frame.size());
    }

    private void enqueue(WorkerTask task) {
        tasks.add(task);
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            schedule(() -> ioThread.execute(this));
        }
    }

    private static void schedule(Runnable scheduling) {
        try {
            scheduling.run();
        } catch (RejectedExecutionException e) {
            // The node is stopping; the owner of the sockets closes them.
            LOGGER.debug("a task was queued after its I/O thread had ended");
        }
    }

    @Override
    public void run() {
        slice.begin();
        do {
            try {
                while (continueUnfinished() && !slice.isOverNow() && startNext()) {
                    // Each call runs or starts one task.
                }
            } catch (RuntimeException e) {
                LOGGER.error("a fan-out task failed", e);
            }
            if (isBusy() || slice.isOverNow()) {
                schedule(() -> ioThread.executeAfterPolling(this));
                return;
            }
            scheduled.set(false);
            // A task that was added between the check and the line above was not scheduled by its thread.
        } while (!tasks.isEmpty() && scheduled.compareAndSet(false, true));
    }

    private boolean isBusy() {
        return delivering || sweep != null || nextFrame != null || !tasks.isEmpty();
    }

    /** Continues the task that the last slice left unfinished; false: it is still unfinished. */
    private boolean continueUnfinished() {
        if (delivering) {
            delivering = !delivery.run(slice);
        }
        Sweep unfinished = sweep;
        if (unfinished != null && unfinished.run(this, slice)) {
            sweep = null;
        }
        return !delivering && sweep == null;
    }

    /** Runs or starts the next task; false: the queue is empty. */
    private boolean startNext() {
        Frame frame = nextFrame;
        nextFrame = null;
        WorkerTask task = frame == null ? tasks.poll() : frame;
        switch (task) {
            case null -> {
                return false;
            }
            case WorkerTask.Action(Runnable action) -> action.run();
            case Sweep next -> sweep = next;
            case Frame next -> {
                if (frame == null) {
                    dequeued(next);
                }
                startDelivery(next);
            }
        }
        return true;
    }

    /** Starts the delivery of a frame, together with the following ones that can share its writes. */
    private void startDelivery(Frame first) {
        delivery.batch.begin(first);
        boolean joined = true;
        while (joined && tasks.peek() instanceof Frame next) {
            tasks.remove();
            dequeued(next);
            joined = hasNoRecipients(next) || delivery.batch.join(next);
            if (!joined) {
                nextFrame = next;
            }
        }
        delivery.begin();
        delivering = true;
    }

    private boolean hasNoRecipients(Frame frame) {
        for (Interest key : frame.about().keys()) {
            if (lists.containsKey(key)) {
                return false;
            }
        }
        return true;
    }

    /** Registers a new connection. On the I/O thread. */
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
     * Adds a connection to the lists of more interests. On the I/O thread. Its live events are buffered until {@link Connection#open}.
     *
     * @throws CarillonException {@code overloaded}: the node holds as many templates as it may; then the connection joined none of these lists
     */
    void join(Connection connection, List<Interest> interests) {
        List<Membership> added = new ArrayList<>(interests.size());
        try {
            for (Interest interest : interests) {
                MembershipList list = lists.computeIfAbsent(interest, this::createList);
                Membership member = new Membership(connection, list);
                list.add(member);
                added.add(member);
            }
        } catch (CarillonException e) {
            added.forEach(this::remove);
            throw e;
        }
        connection.joined(added);
    }

    private MembershipList createList(Interest key) {
        if (key instanceof Interest.Matching(Tenant tenant, TopicTemplate template)) {
            templates.add(tenant, template);
        }
        return new MembershipList(key);
    }

    private void removeList(Interest key) {
        lists.remove(key);
        if (key instanceof Interest.Matching(Tenant tenant, TopicTemplate template)) {
            templates.remove(tenant, template);
        }
    }

    /** Removes a closed connection from all lists. On the I/O thread. */
    void remove(Connection connection) {
        for (Membership member : connection.members()) {
            remove(member);
        }
        Connection last = connection(--size);
        connections[connection.index] = last;
        last.index = connection.index;
        connections[size] = null;
        metrics.connections.decrementAndGet();
        formats.closed(connection.format());
    }

    /** Removes a connection from one list. On the I/O thread. */
    void remove(Membership member) {
        delivery.remove(member);
        if (member.list.size() == 0) {
            removeList(member.list.key);
        }
    }

    @Nullable
    MembershipList list(Interest key) {
        return lists.get(key);
    }

    /** Number of membership lists. On the I/O thread, for tests. */
    int listCount() {
        return lists.size();
    }

    int size() {
        return size;
    }

    Connection connection(int index) {
        return Objects.requireNonNull(connections[index]);
    }

    /** From any thread, once a second. A tick is skipped while the one before is in progress. */
    void tick(long nowMillis, RevocationCheck revocations) {
        if (ticking.compareAndSet(false, true)) {
            enqueue(new Sweep(
                    all -> {
                        second++;
                        ticking.set(false);
                        return 0;
                    },
                    connection -> connection.tick(nowMillis, revocations)));
        }
    }

    /** From any thread. One queued sweep serves all revocations before its begin. */
    void closeRevoked(RevocationCheck revocations) {
        if (revoking.compareAndSet(false, true)) {
            enqueue(new Sweep(
                    all -> {
                        revoking.set(false);
                        return 0;
                    },
                    connection -> connection.closeIfRevoked(revocations)));
        }
    }

    /**
     * Sends a notice of the node to some of its connections. From any thread.
     *
     * @param receives called on the I/O thread; must not block
     */
    void sendNotice(Frame frame, Predicate<Connection> receives) {
        enqueue(new Sweep(connection -> {
            if (receives.test(connection)) {
                connection.sendNotice(frame);
            }
        }));
    }

    /** Visits its connections; from any thread. */
    void visit(Consumer<Connection> visitor, Runnable onEnd) {
        enqueue(new Sweep(visitor, onEnd));
    }

    /**
     * Renews the connections of a list that a session and the user of the grants hold; returns their number. On the I/O thread. A connection keeps the scopes
     * that the authorizer has allowed, if it is asked about those of the new token, too: its next tick decides about them again.
     */
    int renew(Interest interest, String session, Grants grants) {
        MembershipList list = lists.get(interest);
        int renewed = 0;
        for (int i = 0; list != null && i < list.size(); i++) {
            Connection connection = list.at(i).connection;
            if (session.equals(connection.session())
                    && Objects.equals(connection.grants().user(), grants.user())
                    && connection.grants().tenant().equals(grants.tenant())) {
                connection.renew(
                        grants.asks(Asked.READ)
                                ? grants.alsoReading(connection.grants().readScopes())
                                : grants);
                renewed++;
            }
        }
        return renewed;
    }

    /** Ends the connections of a list and returns their number. On the I/O thread. */
    int end(Interest interest, CloseReason reason, IntSupplier retryMillis) {
        MembershipList list = lists.get(interest);
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

    /** Ends a share of the connections, rounded up, each with its own reconnect delay. From any thread. */
    void endShare(CloseReason reason, double share, IntSupplier retryMillis) {
        enqueue(new Sweep(
                all -> all - (int) Math.ceil(all * Math.min(1, share)),
                connection -> connection.end(reason, retryMillis.getAsInt())));
    }

    /** Ends connections that were chosen at random, and returns their number. On the I/O thread. */
    int endSome(CloseReason reason, int count, IntSupplier retryMillis, RandomGenerator random) {
        int ended = 0;
        for (int attempt = 0; attempt < count * CHOICES && ended < count && size > 0; attempt++) {
            Connection chosen = connection(random.nextInt(size));
            if (chosen.keepsUp()) {
                chosen.end(reason, retryMillis.getAsInt());
                ended++;
            }
        }
        return ended;
    }

    private int beginOverrun(int all) {
        overrun.set(false);
        LOGGER.atError()
                .addKeyValue("connections", all)
                .log("an I/O thread cannot keep up with the events of this node: closing its connections");
        return 0;
    }
}
