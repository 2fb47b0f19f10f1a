package dev.carillon.edge;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.xnio.XnioIoThread;

/**
 * Bounds the TLS handshakes of one listener. The expensive part of a handshake, the signature with the server's key, runs on the worker threads of the
 * listener: as many at once as it has such threads, while the I/O threads serve open streams. When many clients connect at once, as after the
 * failure of another node, the other handshakes wait, up to a maximum. A connection beyond it is closed before its handshake.
 *
 * <p>A client that is refused sees a connection that ended before an answer. Browsers open an {@code EventSource} again after that (HTML Standard, section
 * 9.2.3: a network error), where an HTTP status other than 200 would end it for good; any answer would need the handshake first.
 *
 * <p>A handshake counts from the moment when the client's first message is complete. So a client that sends nothing, or one byte at a time,
 * takes no place; its connection ends at its deadline ({@link ClientConnections}).
 *
 * <p>Thread-safe; {@link #execute} must not block, as it runs on I/O threads.
 */
public final class TlsHandshakes implements Executor {
    private final int max;
    private final Runnable refused;
    private final Supplier<Executor> workers;
    private final AtomicInteger pending = new AtomicInteger();

    /**
     * @param max handshakes that run or wait
     * @param refused called on I/O threads for each connection that is closed instead
     */
    public TlsHandshakes(int max, Runnable refused) {
        this(
                max,
                refused,
                () -> Objects.requireNonNull(XnioIoThread.currentThread(), "not on an I/O thread")
                        .getWorker());
    }

    /** @param workers the threads of the listener to which the calling I/O thread belongs */
    TlsHandshakes(int max, Runnable refused, Supplier<Executor> workers) {
        this.max = max;
        this.refused = refused;
        this.workers = workers;
    }

    /** The number of handshakes that run or wait. */
    public int pending() {
        return pending.get();
    }

    /**
     * Runs a part of a handshake on a worker thread.
     *
     * @throws RejectedExecutionException when too many wait; Undertow then closes the connection
     */
    @Override
    public void execute(Runnable task) {
        if (pending.incrementAndGet() > max) {
            pending.decrementAndGet();
            refused.run();
            throw new TooMany();
        }
        boolean accepted = false;
        try {
            workers.get().execute(() -> run(task));
            accepted = true;
        } finally {
            if (!accepted) {
                pending.decrementAndGet();
            }
        }
    }

    private void run(Runnable task) {
        try {
            task.run();
        } finally {
            pending.decrementAndGet();
        }
    }

    /** Without a stack trace: a refusal must be cheap. */
    private static final class TooMany extends RejectedExecutionException {
        private static final long serialVersionUID = 1;

        TooMany() {
            super("too many TLS handshakes wait");
        }

        @Override
        @SuppressWarnings("UnsynchronizedOverridesSynchronized")
        public Throwable fillInStackTrace() {
            return this;
        }
    }
}
