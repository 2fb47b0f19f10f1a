package dev.carillon.lab.simulation.client;

import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.PipeListener;
import dev.carillon.lab.simulation.host.Lane;
import dev.carillon.lab.simulation.host.Schedule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One connection between a client and a node: bytes arrive in order after a time by seed, and the node can have only so many of them on the way. The
 * client reads when it wants to.
 */
public final class SimulatedPipe implements Pipe {
    /** The client's end. */
    public interface Reader {
        void read(ByteBuffer bytes);

        void ended();
    }

    private static final long MIN_DELAY_NANOS = 200_000;
    private static final long MAX_DELAY_NANOS = 20_000_000;
    /** Until a node learns that its client is gone. */
    private static final long MAX_CLOSE_NANOS = 2_000_000_000;

    private static final long WRITABLE_NANOS = 1_000_000;

    private final Lane ioThread;
    private final Schedule schedule;
    private final SplittableRandom random;
    private final Reader reader;
    private final int window;
    private final Queue<byte[]> arriving = new ArrayDeque<>();
    private final Queue<byte[]> arrived = new ArrayDeque<>();
    private @Nullable PipeListener listener;
    private int onTheWay;
    private boolean reading = true;
    private boolean writesWanted;
    private boolean writableDue;
    /** The node has closed its end. */
    private boolean closed;
    /** The client has closed its end, or the end of the stream has arrived. */
    private boolean gone;

    private boolean endArrived;

    public SimulatedPipe(Lane ioThread, Schedule schedule, SplittableRandom random, int window, Reader reader) {
        this.ioThread = ioThread;
        this.schedule = schedule;
        this.random = random;
        this.window = window;
        this.reader = reader;
    }

    // The node's end.

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        if (closed) {
            throw new IOException("closed");
        }
        int count = Math.min(window - onTheWay, bytes.remaining());
        byte[] part = new byte[count];
        bytes.get(part);
        if (count > 0) {
            onTheWay += count;
            arriving.add(part);
            schedule.after(delay(), this::arrive);
        }
        return count;
    }

    @Override
    public void wantWrites(boolean wanted) {
        writesWanted = wanted;
        if (wanted) {
            tellWritable();
        }
    }

    @Override
    public void listen(PipeListener to) {
        listener = to;
    }

    @Override
    public void close() {
        if (!closed && random.nextBoolean()) {
            arriving.clear();
        }
        closeAfterFlush();
    }

    @Override
    public void closeAfterFlush() {
        if (!closed) {
            closed = true;
            schedule.after(MAX_DELAY_NANOS, this::end);
        }
    }

    private void tellWritable() {
        if (!writableDue) {
            writableDue = true;
            schedule.after(WRITABLE_NANOS, () -> ioThread.execute(this::writable));
        }
    }

    private void writable() {
        writableDue = false;
        PipeListener to = listener;
        if (writesWanted && !closed && onTheWay < window && to != null) {
            to.writable();
            if (writesWanted && onTheWay < window) {
                tellWritable();
            }
        }
    }

    // The network.

    private long delay() {
        return random.nextLong(MIN_DELAY_NANOS, MAX_DELAY_NANOS);
    }

    private void arrive() {
        byte[] part = arriving.poll();
        if (part != null) {
            arrived.add(part);
            readAll();
        }
    }

    /** After all bytes, as none takes longer. */
    private void end() {
        endArrived = true;
        readAll();
    }

    /** The node's process has ended, and its system closes the connection. */
    public void reset() {
        if (!closed) {
            closed = true;
            schedule.after(delay(), this::end);
        }
    }

    // The client's end.

    /** Whether the client reads; if not, bytes wait. */
    public void reading(boolean value) {
        reading = value;
        readAll();
    }

    private void readAll() {
        while (reading && !gone) {
            byte[] part = arrived.poll();
            if (part == null) {
                break;
            }
            onTheWay -= part.length;
            reader.read(ByteBuffer.wrap(part));
            if (writesWanted) {
                tellWritable();
            }
        }
        if (reading && endArrived && !gone) {
            gone = true;
            reader.ended();
        }
    }

    /** The client closes; the node learns of it later. */
    public void disconnect() {
        if (gone) {
            return;
        }
        gone = true;
        schedule.after(random.nextLong(MAX_CLOSE_NANOS), () -> ioThread.execute(this::closedByClient));
    }

    private void closedByClient() {
        PipeListener to = listener;
        if (!closed && to != null) {
            closed = true;
            to.closed();
        }
    }
}
