package dev.carillon.edge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Bounds the cost of an HTTP/2 client beyond its requests. Undertow queues an answer to every frame that requires one, each in a buffer of
 * 16 KiB, and has no hook between socket and frames. So the guard is installed below Undertow, on each connection from its first byte:
 *
 * <ul>
 *   <li>{@link Source} detects the preface (RFC 9113, section 3.4) wherever a request may start. From then on a {@link FrameLimiter} counts
 *       the frames, and the connection of a flooding client is closed at once.
 *   <li>{@link Sink} is the conduit to the socket. While the client does not receive the sent data, nothing is read from it, so that the
 *       queued answers are those of at most one buffer of frames. A connection that receives almost nothing for the timeout is closed.
 * </ul>
 *
 * <p>All on the connection's I/O thread.
 */
public final class Http2Guard {
    private static final Logger LOGGER = LoggerFactory.getLogger(Http2Guard.class);
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    /** Minimum that a client must receive in each stalled period. */
    private static final int MIN_BYTES = 1024;

    private Http2Guard() {}

    /** Installs the guard on an accepted connection, before any other conduit. */
    public static void install(StreamConnection connection, Duration stallTimeout) {
        connection
                .getSourceChannel()
                .setConduit(new Source(connection.getSourceChannel().getConduit(), connection, stallTimeout));
    }

    /** The conduit below the guard, if the given one is a guard. */
    static StreamSourceConduit below(StreamSourceConduit conduit) {
        return conduit instanceof Source source ? source.socket() : conduit;
    }

    /** Whether a complete preface was read. */
    static boolean isHttp2(StreamSourceConduit conduit) {
        return conduit instanceof Source source && source.mode == Source.Mode.HTTP2;
    }

    /**
     * Expects another request or the HTTP/2 preface, after a request of HTTP/1.1 has ended.
     *
     * @param early bytes that were read already
     */
    static void requestEnded(StreamSourceConduit conduit, @Nullable ByteBuffer early) throws IOException {
        if (conduit instanceof Source source) {
            source.expect(early);
        }
    }

    private static final class Source extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private enum Mode {
            /** Before the first byte of a request or of the preface. */
            BEGIN,
            HTTP1,
            HTTP2
        }

        private final StreamConnection connection;
        private final Duration stallTimeout;
        private Mode mode = Mode.BEGIN;
        private int matched;
        private @Nullable FrameLimiter limiter;
        private @Nullable StallTimer stall;
        /** Installed at the first read of frames, not before: Undertow replaces the sink at the end of a request. */
        private boolean sinkInstalled;
        /** Whether Undertow has resumed reads. */
        private boolean readsResumed;

        /** Whether reads are suspended until the client has received the sent data. */
        private boolean paused;

        Source(StreamSourceConduit next, StreamConnection connection, Duration stallTimeout) {
            super(next);
            this.connection = connection;
            this.stallTimeout = stallTimeout;
        }

        StreamSourceConduit socket() {
            return next;
        }

        void expect(@Nullable ByteBuffer early) throws IOException {
            if (mode != Mode.HTTP2) {
                mode = Mode.BEGIN;
                matched = 0;
                if (early != null) {
                    match(early.duplicate());
                }
            }
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            return switch (mode) {
                case HTTP1 -> next.read(to);
                case BEGIN -> begin(to);
                case HTTP2 -> frames(to);
            };
        }

        @Override
        public long read(ByteBuffer[] to, int from, int count) throws IOException {
            if (mode == Mode.HTTP1) {
                return next.read(to, from, count);
            }
            for (int i = from; i < from + count; i++) {
                if (to[i].hasRemaining()) {
                    return read(to[i]);
                }
            }
            return 0;
        }

        @Override
        public void resumeReads() {
            readsResumed = true;
            if (!paused) {
                next.resumeReads();
            }
        }

        @Override
        public void wakeupReads() {
            readsResumed = true;
            if (!paused) {
                next.wakeupReads();
            }
        }

        @Override
        public void suspendReads() {
            readsResumed = false;
            next.suspendReads();
        }

        @Override
        public boolean isReadResumed() {
            return paused ? readsResumed : next.isReadResumed();
        }

        private int begin(ByteBuffer to) throws IOException {
            int start = to.position();
            int n = next.read(to);
            if (n <= 0) {
                return n;
            }
            match(to.duplicate().flip().position(start));
            return n;
        }

        private void match(ByteBuffer bytes) throws IOException {
            while (mode == Mode.BEGIN && bytes.hasRemaining()) {
                byte b = bytes.get();
                if (matched > 0 || (b != '\r' && b != '\n')) {
                    if (b != PREFACE[matched]) {
                        mode = Mode.HTTP1;
                    } else if (++matched == PREFACE.length) {
                        startHttp2();
                        count(bytes);
                    }
                }
            }
        }

        private void startHttp2() {
            mode = Mode.HTTP2;
            FrameLimiter frames = new FrameLimiter(System::nanoTime);
            StallTimer timer = new StallTimer(connection.getIoThread(), stallTimeout, MIN_BYTES, () -> {
                LOGGER.debug("an HTTP/2 client receives no data: its connection is closed");
                IoUtils.safeClose(connection);
            });
            limiter = frames;
            stall = timer;
        }

        private int frames(ByteBuffer to) throws IOException {
            StallTimer timer = stall;
            if (!sinkInstalled && timer != null && limiter != null) {
                sinkInstalled = true;
                connection
                        .getSinkChannel()
                        .setConduit(new Sink(connection.getSinkChannel().getConduit(), this, limiter, timer));
            }
            if (timer != null && timer.isPending()) {
                paused = true;
                next.suspendReads();
                return 0;
            }
            int start = to.position();
            int n = next.read(to);
            if (n > 0) {
                count(to.duplicate().flip().position(start));
            }
            return n;
        }

        private void count(ByteBuffer bytes) throws IOException {
            FrameLimiter frames = limiter;
            try {
                if (frames != null) {
                    frames.received(bytes);
                }
            } catch (IOException e) {
                LOGGER.atDebug()
                        .addKeyValue("reason", e.getMessage())
                        .log("an HTTP/2 client exceeds the frame limits: its connection is closed");
                IoUtils.safeClose(connection);
                throw new ClosedChannelException();
            }
        }

        private void resumeAfterPause() {
            if (paused) {
                paused = false;
                if (readsResumed) {
                    next.wakeupReads();
                }
            }
        }
    }

    private static final class Sink extends WriteDeadline.Sink {
        private final Source source;
        private final FrameLimiter limiter;

        Sink(StreamSinkConduit next, Source source, FrameLimiter limiter, StallTimer stall) {
            super(next, stall);
            this.source = source;
            this.limiter = limiter;
        }

        @Override
        void drained() {
            source.resumeAfterPause();
        }

        @Override
        void written(long bytes) {
            super.written(bytes);
            limiter.sent(bytes);
        }
    }
}
