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
 * Bounds what a client of HTTP/2 costs beyond its requests. Undertow queues an answer to every frame that asks for one, each in a buffer
 * of 16 KiB, and has no hook between the socket and its frames; so this lies below it, on each connection from its first byte:
 *
 * <ul>
 *   <li>{@link Source} notices the preface (RFC 9113, section 3.4), wherever a request may begin, and from there on has a
 *       {@link FrameMeter} count the frames; the connection of a client that floods is closed at once.
 *   <li>{@link Sink} lies on the way to the socket. While the client does not take what is sent, nothing is read from it: what is queued
 *       is what was asked for before, by one buffer of frames at the most. Where it takes next to nothing for a time its connection is closed.
 * </ul>
 *
 * <p>All on the connection's I/O thread.
 */
public final class Http2Guard {
    private static final Logger LOGGER = LoggerFactory.getLogger(Http2Guard.class);
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    /** Of one stalled period: a client below that holds buffers for longer than its answers are worth. */
    private static final int MIN_BYTES = 1024;

    private Http2Guard() {}

    /** To be called for each connection that was accepted, before anything else is. */
    public static void install(StreamConnection connection, Duration stallTimeout) {
        connection
                .getSourceChannel()
                .setConduit(new Source(connection.getSourceChannel().getConduit(), connection, stallTimeout));
    }

    /** What lies below the guard, where this is one. */
    static StreamSourceConduit below(StreamSourceConduit conduit) {
        return conduit instanceof Source source ? source.socket() : conduit;
    }

    /** Whether the connection above speaks HTTP/2, by a preface that is complete. */
    static boolean isHttp2(StreamSourceConduit conduit) {
        return conduit instanceof Source source && source.mode == Source.Mode.HTTP2;
    }

    /**
     * On a connection of HTTP/1.1 a request ended: next comes another one, or the preface of HTTP/2.
     *
     * @param early what was read of it already
     */
    static void requestEnded(StreamSourceConduit conduit, @Nullable ByteBuffer early) throws IOException {
        if (conduit instanceof Source source) {
            source.expect(early);
        }
    }

    private static final class Source extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private enum Mode {
            /** A request begins, or the preface. */
            BEGIN,
            HTTP1,
            HTTP2
        }

        private final StreamConnection connection;
        private final Duration stallTimeout;
        private Mode mode = Mode.BEGIN;
        private int matched;
        private @Nullable FrameMeter meter;
        private @Nullable Stall stall;
        /** Not before the first reading of frames: Undertow takes away what it finds at the end of a request. */
        private boolean sinkIsThere;
        /** Undertow wants to read. */
        private boolean wanted;
        /** Reading waits for the client to take what is sent. */
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
            wanted = true;
            if (!paused) {
                next.resumeReads();
            }
        }

        @Override
        public void wakeupReads() {
            wanted = true;
            if (!paused) {
                next.wakeupReads();
            }
        }

        @Override
        public void suspendReads() {
            wanted = false;
            next.suspendReads();
        }

        @Override
        public boolean isReadResumed() {
            return paused ? wanted : next.isReadResumed();
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

        private void match(ByteBuffer come) throws IOException {
            while (mode == Mode.BEGIN && come.hasRemaining()) {
                byte b = come.get();
                if (matched > 0 || (b != '\r' && b != '\n')) {
                    if (b != PREFACE[matched]) {
                        mode = Mode.HTTP1;
                    } else if (++matched == PREFACE.length) {
                        http2();
                        count(come);
                    }
                }
            }
        }

        private void http2() {
            mode = Mode.HTTP2;
            FrameMeter frames = new FrameMeter(System::nanoTime);
            Stall waiting = new Stall(connection.getIoThread(), stallTimeout, MIN_BYTES, () -> {
                LOGGER.debug("a client of HTTP/2 takes nothing of what it asked for: its connection is closed");
                IoUtils.safeClose(connection);
            });
            meter = frames;
            stall = waiting;
        }

        private int frames(ByteBuffer to) throws IOException {
            Stall waiting = stall;
            if (!sinkIsThere && waiting != null && meter != null) {
                sinkIsThere = true;
                connection
                        .getSinkChannel()
                        .setConduit(new Sink(connection.getSinkChannel().getConduit(), this, meter, waiting));
            }
            if (waiting != null && waiting.isWaiting()) {
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

        private void count(ByteBuffer come) throws IOException {
            FrameMeter frames = meter;
            try {
                if (frames != null) {
                    frames.received(come);
                }
            } catch (IOException e) {
                LOGGER.atDebug()
                        .addKeyValue("reason", e.getMessage())
                        .log("a client of HTTP/2 floods: its connection is closed");
                IoUtils.safeClose(connection);
                throw new ClosedChannelException();
            }
        }

        private void readOn() {
            if (paused) {
                paused = false;
                if (wanted) {
                    next.wakeupReads();
                }
            }
        }
    }

    private static final class Sink extends WriteDeadline.Sink {
        private final Source source;
        private final FrameMeter meter;

        Sink(StreamSinkConduit next, Source source, FrameMeter meter, Stall stall) {
            super(next, stall);
            this.source = source;
            this.meter = meter;
        }

        @Override
        void freed() {
            source.readOn();
        }

        @Override
        void taken(long bytes) {
            super.taken(bytes);
            meter.sent(bytes);
        }
    }
}
