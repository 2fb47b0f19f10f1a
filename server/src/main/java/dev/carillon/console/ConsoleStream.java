package dev.carillon.console;

import dev.carillon.secret.OperatorSessions;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.SameThreadExecutor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;

/**
 * The stream of one console: server-sent events, each with the state of the cluster. It keeps at most two frames, the one being written and the newest: a console that
 * reads slowly skips some. One that reads nothing is cut off by the deadline of every response. Its fields are used on the I/O thread of its connection only.
 */
final class ConsoleStream {
    private final HttpServerExchange exchange;
    private final OperatorSessions.Session session;
    private final Runnable onSkipped;
    private final Consumer<ConsoleStream> onClosed;
    private @Nullable StreamSinkChannel channel;
    private @Nullable ByteBuffer current;
    private @Nullable ByteBuffer next;
    private boolean closed;

    /**
     * @param onSkipped called when a frame was replaced before it was written
     * @param onClosed called once
     */
    ConsoleStream(
            HttpServerExchange exchange,
            OperatorSessions.Session session,
            Runnable onSkipped,
            Consumer<ConsoleStream> onClosed) {
        this.exchange = exchange;
        this.session = session;
        this.onSkipped = onSkipped;
        this.onClosed = onClosed;
    }

    OperatorSessions.Session session() {
        return session;
    }

    /** Answers the request; on its I/O thread. */
    void open() {
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, "text/event-stream")
                .put(Headers.CACHE_CONTROL, "no-cache, no-store");
        exchange.addExchangeCompleteListener((x, following) -> {
            closed();
            following.proceed();
        });
        exchange.dispatch(SameThreadExecutor.INSTANCE, () -> {
            StreamSinkChannel opened = exchange.getResponseChannel();
            if (opened == null) {
                close();
                return;
            }
            opened.getWriteSetter().set(c -> write());
            exchange.getConnection().addCloseListener(c -> closed());
            channel = opened;
            write();
        });
    }

    /** Sends a frame, whose bytes are shared. From any thread. */
    void send(ByteBuffer frame) {
        onIoThread(() -> {
            if (closed) {
                return;
            }
            if (current == null) {
                current = frame;
            } else {
                if (next != null) {
                    onSkipped.run();
                }
                next = frame;
            }
            write();
        });
    }

    /** Ends the stream. From any thread. */
    void end() {
        onIoThread(this::close);
    }

    private void onIoThread(Runnable task) {
        try {
            exchange.getIoThread().execute(task);
        } catch (RejectedExecutionException e) {
            // The admin port has closed, and with it this stream.
            onClosed.accept(this);
        }
    }

    private void write() {
        StreamSinkChannel to = channel;
        if (to == null || closed) {
            return;
        }
        try {
            ByteBuffer frame = current;
            while (frame != null) {
                while (frame.hasRemaining()) {
                    if (to.write(frame) == 0) {
                        to.resumeWrites();
                        return;
                    }
                }
                frame = next;
                current = frame;
                next = null;
            }
            if (to.flush()) {
                to.suspendWrites();
            } else {
                to.resumeWrites();
            }
        } catch (IOException e) {
            // The client has disconnected.
            close();
        }
    }

    private void close() {
        if (!closed) {
            closed();
            IoUtils.safeClose(exchange.getConnection());
        }
    }

    private void closed() {
        if (!closed) {
            closed = true;
            onClosed.accept(this);
        }
    }
}
