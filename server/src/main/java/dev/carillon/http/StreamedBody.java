package dev.carillon.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.limits.MemoryBudget;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSourceChannel;

/**
 * The body of a request, which one thread reads as it arrives. The I/O thread fills a queue of at most {@value #MAX_QUEUED} bytes and a part, and stops
 * reading while it is full. What the reader leaves is received and dropped before the answer: a client that is still sending when the connection
 * closes does not see the answer. A client that goes on beyond the limit by {@link Requests#MAX_DROPPED_BYTES} is disconnected.
 */
public final class StreamedBody {
    private static final int PART = 16 * 1024;
    private static final int MAX_QUEUED = 64 * 1024;

    private final HttpServerExchange exchange;
    private final long maxBytes;
    private final @Nullable StreamSourceChannel channel;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    /** Accessed by the I/O thread only. */
    private long received;

    // Below: guarded by lock.
    private final Deque<ByteBuffer> parts = new ArrayDeque<>();

    private int queued;
    /** The I/O thread has stopped reading, because the queue is full. */
    private boolean paused;

    private boolean complete;
    private boolean dropping;
    private @Nullable CarillonException failure;

    private StreamedBody(HttpServerExchange exchange, long maxBytes, @Nullable StreamSourceChannel channel) {
        this.exchange = exchange;
        this.maxBytes = maxBytes;
        this.channel = channel;
    }

    /**
     * Begins to receive; on the request's I/O thread, after its root handler has returned.
     *
     * @throws CarillonException {@code too-many-requests} or {@code overloaded} when the memory budget refuses the queue
     */
    public static StreamedBody receive(HttpServerExchange exchange, long maxBytes) {
        long length = exchange.getRequestContentLength();
        MemoryBudget.Charge _ = RequestMemory.charge(
                exchange,
                MemoryBudget.Use.REQUESTS,
                length < 0 ? MAX_QUEUED + PART : Math.min(length, MAX_QUEUED + PART));
        StreamedBody body = new StreamedBody(exchange, maxBytes, exchange.getRequestChannel());
        body.start();
        return body;
    }

    private void start() {
        if (channel == null || exchange.isRequestComplete()) {
            end(null);
            return;
        }
        BodyTimer.streamed(exchange, new BodyTimer.Progress() {
            @Override
            public long received() {
                return received;
            }

            @Override
            public boolean isPaused() {
                lock.lock();
                try {
                    return paused;
                } finally {
                    lock.unlock();
                }
            }
        });
        exchange.addExchangeCompleteListener((x, next) -> {
            end(incomplete());
            next.proceed();
        });
        if (exchange.getRequestContentLength() > maxBytes) {
            fail(tooLarge());
        }
        channel.getReadSetter().set(this::readable);
        readable(channel);
    }

    private void readable(StreamSourceChannel source) {
        try {
            while (!pauseIfFull(source)) {
                ByteBuffer part = ByteBuffer.allocate(partBytes());
                int read = source.read(part);
                if (read < 0) {
                    end(null);
                    return;
                }
                if (read == 0) {
                    source.resumeReads();
                    return;
                }
                add(part.flip());
            }
        } catch (IOException e) {
            end(incomplete());
        }
    }

    /** A small body takes no more than its size, and one byte to find its end. */
    private int partBytes() {
        long left = exchange.getRequestContentLength() - received;
        return left < 0 ? PART : Math.clamp(left, 1, PART);
    }

    private boolean pauseIfFull(StreamSourceChannel source) {
        lock.lock();
        try {
            paused = queued >= MAX_QUEUED;
            if (paused) {
                source.suspendReads();
            }
            return paused || complete;
        } finally {
            lock.unlock();
        }
    }

    private void add(ByteBuffer part) {
        received += part.remaining();
        if (received > maxBytes + Requests.MAX_DROPPED_BYTES) {
            IoUtils.safeClose(exchange.getConnection());
        } else if (received > maxBytes) {
            fail(tooLarge());
        }
        lock.lock();
        try {
            if (!dropping && failure == null) {
                parts.add(part);
                queued += part.remaining();
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void fail(CarillonException reason) {
        lock.lock();
        try {
            failure = failure == null ? reason : failure;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** @param reason null: the whole body is here */
    private void end(@Nullable CarillonException reason) {
        lock.lock();
        try {
            if (complete) {
                return;
            }
            complete = true;
            if (failure == null) {
                failure = reason;
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
        ended.complete(null);
    }

    private CarillonException tooLarge() {
        return new CarillonException(ErrorCode.TOO_LARGE, "the body has more than " + maxBytes + " bytes");
    }

    private static CarillonException incomplete() {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "the body is incomplete");
    }

    /** Drops what has not been read. Completes on the I/O thread when the client has sent all, or is disconnected. */
    public CompletionStage<Void> finish() {
        lock.lock();
        try {
            dropping = true;
            parts.clear();
            queued = 0;
            resume();
        } finally {
            lock.unlock();
        }
        return ended;
    }

    /** Holds the lock. */
    private void resume() {
        StreamSourceChannel source = channel;
        if (paused && source != null && queued < MAX_QUEUED) {
            paused = false;
            try {
                exchange.getIoThread().execute(() -> readable(source));
            } catch (RejectedExecutionException e) {
                failure = incomplete();
                complete = true;
            }
        }
    }

    /** For one thread, which may block. */
    public InputStream stream() {
        return new Stream();
    }

    private int read(byte[] into, int offset, int length) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (parts.isEmpty() && !complete && failure == null && !dropping) {
                changed.await();
            }
            if (dropping) {
                throw new IllegalStateException("the body can be read only during the call of its handler");
            }
            if (failure != null) {
                throw failure;
            }
            ByteBuffer part = parts.peek();
            if (part == null) {
                return -1;
            }
            int count = Math.min(length, part.remaining());
            part.get(into, offset, count);
            queued -= count;
            if (!part.hasRemaining()) {
                parts.remove();
            }
            resume();
            return count;
        } finally {
            lock.unlock();
        }
    }

    private final class Stream extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            try {
                return StreamedBody.this.read(into, offset, length);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the body arrives");
            }
        }
    }
}
