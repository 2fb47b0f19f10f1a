package dev.carillon.edge;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * The input of an HTTP/1.1 connection, validated below Undertow's parser: heads, chunked bodies, and line ends between requests. Installed
 * by {@link RequestBoundary}. All on the connection's I/O thread.
 */
final class RequestSource extends AbstractStreamSourceConduit<StreamSourceConduit> {
    private static final Logger LOGGER = LoggerFactory.getLogger(RequestSource.class);
    /** Line ends skipped before a request: a client that sends nothing else must not be read for ever. */
    private static final int MAX_SKIPPED = 8;
    /** Input of a refused client that is read and dropped, so that the connection is not reset before the client has the answer. */
    private static final int MAX_DROPPED_BYTES = 256 * 1024;

    private static final int LINGER_MILLIS = 2_000;

    private final StreamConnection connection;
    private final StreamSinkConduit out;
    private final RequestBoundary.Rules rules;
    /** Answer to a request that Undertow cannot parse. */
    private final byte[] unreadable;

    private final ClientConnections.Client client;
    private final HeadScan head = new HeadScan();
    private boolean atBoundary = true;
    private int skippable = MAX_SKIPPED;
    /** Scan of the current request's body; null: it is not chunked. */
    private @Nullable ChunkScan chunks;

    private @Nullable HttpServerExchange exchange;
    private @Nullable Violation violation;
    private boolean refused;
    /** Whether the first part of the HTTP/2 preface was read. */
    private boolean awaitsHttp2;

    private int dropped;

    RequestSource(
            StreamSourceConduit next,
            StreamConnection connection,
            RequestBoundary.Rules rules,
            byte[] unreadable,
            ClientConnections.Client client) {
        super(next);
        this.connection = connection;
        this.out = connection.getSinkChannel().getConduit();
        this.rules = rules;
        this.unreadable = unreadable;
        this.client = client;
    }

    StreamSourceConduit socket() {
        return next;
    }

    /** Whether {@link #request} was not called for it yet. */
    boolean isNew(HttpServerExchange request) {
        return exchange != request;
    }

    /** The violation found in the request's body; null: none so far. */
    @Nullable
    Violation violation() {
        return violation;
    }

    /** Ends the validation; returns the task that counts the connection until it closes. */
    Runnable detach() {
        client.requestStarted();
        client.ignoreClose();
        return () -> client.watchClose(connection);
    }

    void installProblemSink() {
        connection
                .getSinkChannel()
                .setConduit(new ProblemSink(connection.getSinkChannel().getConduit(), unreadable));
    }

    /** Undertow has parsed a head; bytes read after it belong to its body, if it has one. */
    void request(HttpServerExchange next) {
        exchange = next;
        if (!next.getRequestHeaders().contains(Headers.TRANSFER_ENCODING)) {
            return;
        }
        chunks = new ChunkScan(rules.maxChunkedBytes());
        HttpServerConnection http = (HttpServerConnection) next.getConnection();
        PooledByteBuffer early = http.getExtraBytes();
        if (early != null) {
            violation = chunks.scan(
                    early.getBuffer(),
                    early.getBuffer().position(),
                    early.getBuffer().limit());
            if (violation != null) {
                drop(http, early);
            }
        }
    }

    /** The request has ended; HTTP/2 may follow. */
    void ended(HttpServerConnection http) {
        HttpServerExchange request = exchange;
        if (request != null && request.isUpgrade() && RequestBoundary.asksForHttp2(request)) {
            client.switchedToHttp2(connection);
        }
        PooledByteBuffer early = http.getExtraBytes();
        try {
            Http2Guard.requestEnded(next, early == null ? null : early.getBuffer());
        } catch (IOException e) {
            // The guard has closed the connection.
            LOGGER.debug("an HTTP/2 client exceeded the frame limits when it upgraded");
        }
    }

    /** Starts the scan of the next request on a persistent connection, with the bytes that were read early. */
    @Nullable
    Violation nextRequest(HttpServerConnection http) {
        if (violation != null || (chunks != null && !chunks.isDone())) {
            // Undertow and this scan would disagree on where the next request starts.
            IoUtils.safeClose(connection);
            return null;
        }
        chunks = null;
        exchange = null;
        head.reset();
        client.requestEnded(connection);
        PooledByteBuffer early = http.getExtraBytes();
        int skipped = early == null ? 0 : skip(early.getBuffer(), MAX_SKIPPED);
        skippable = MAX_SKIPPED - skipped;
        atBoundary = early == null || !early.getBuffer().hasRemaining();
        if (early == null) {
            return null;
        }
        if (atBoundary) {
            drop(http, early);
            return null;
        }
        // The remaining bytes are the start of a request.
        Violation wrong = head.scan(
                early.getBuffer(),
                early.getBuffer().position(),
                early.getBuffer().limit());
        updateState(true);
        if (wrong != null) {
            refused = true;
            drop(http, early);
        }
        return wrong;
    }

    /** Answers instead of Undertow, and drops further input until the client has received the answer. */
    void refuse(Violation wrong) {
        refused = true;
        send(wrong);
        connection
                .getIoThread()
                .executeAfter(() -> IoUtils.safeClose(connection), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        int begin = to.position();
        if (refused) {
            return drop(to, begin);
        }
        if (violation != null) {
            throw new IOException(violation.detail());
        }
        int n = next.read(to);
        if (awaitsHttp2) {
            preface(n);
        }
        if (n <= 0) {
            return n;
        }
        if (chunks != null) {
            body(chunks, to, begin);
            return n;
        }
        return head.isDone() ? n : head(to, begin, n);
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) throws IOException {
        if (passes()) {
            return next.read(to, offset, length);
        }
        for (int i = offset; i < offset + length; i++) {
            if (to[i].hasRemaining()) {
                return read(to[i]);
            }
        }
        return 0;
    }

    @Override
    public long transferTo(long position, long count, FileChannel target) throws IOException {
        return passes()
                ? next.transferTo(position, count, target)
                : target.transferFrom(new ConduitReadableByteChannel(this), position, count);
    }

    @Override
    public long transferTo(long count, ByteBuffer buffer, StreamSinkChannel target) throws IOException {
        return passes()
                ? next.transferTo(count, buffer, target)
                : IoUtils.transfer(new ConduitReadableByteChannel(this), count, buffer, target);
    }

    /** Whether input is passed on without validation. */
    private boolean passes() {
        return !refused && violation == null && chunks == null && head.isDone() && !awaitsHttp2;
    }

    private void updateState(boolean firstBytes) {
        if (head.isPreface() && !Http2Guard.isHttp2(next)) {
            awaitsHttp2 = true;
            // Undertow waits for the rest of the preface without a limit.
            connection
                    .getIoThread()
                    .executeAfter(
                            () -> {
                                if (awaitsHttp2) {
                                    IoUtils.safeClose(connection);
                                }
                            },
                            rules.stallTimeout().toMillis(),
                            TimeUnit.MILLISECONDS);
        } else if (head.isPreface()) {
            client.switchedToHttp2(connection);
        } else if (head.isDone()) {
            client.requestStarted();
        } else if (firstBytes) {
            client.headStarted();
        }
    }

    /** Called after each read while the rest of the preface is expected. */
    private void preface(int n) {
        if (Http2Guard.isHttp2(next)) {
            awaitsHttp2 = false;
            client.switchedToHttp2(connection);
        } else if (n < 0) {
            IoUtils.safeClose(connection);
        }
    }

    private int head(ByteBuffer to, int begin, int n) throws IOException {
        int skipped = 0;
        boolean firstBytes = atBoundary;
        if (atBoundary) {
            if (!(connection.getSinkChannel().getConduit() instanceof ProblemSink)) {
                installProblemSink();
            }
            ByteBuffer received = to.duplicate().flip().position(begin);
            skipped = skip(received, skippable);
            skippable -= skipped;
            atBoundary = !received.hasRemaining();
            if (skipped > 0) {
                to.position(begin).put(received);
            }
            if (atBoundary) {
                return read(to);
            }
        }
        Violation wrong = head.scan(to, begin, to.position());
        updateState(firstBytes);
        if (wrong != null) {
            to.position(begin);
            refuse(wrong);
            return 0;
        }
        return n - skipped;
    }

    private void body(ChunkScan scan, ByteBuffer to, int begin) throws IOException {
        Violation wrong = scan.scan(to, begin, to.position());
        if (wrong == null) {
            return;
        }
        violation = wrong;
        to.position(begin);
        HttpServerExchange request = exchange;
        if (request != null && !request.isResponseStarted()) {
            // Sent now, as Undertow closes the connection at the failure.
            send(wrong);
        }
        int n = next.read(to);
        while (n > 0 && dropped < MAX_DROPPED_BYTES) {
            dropped += n;
            to.position(begin);
            n = next.read(to);
        }
        to.position(begin);
        throw new IOException(wrong.detail());
    }

    private void send(Violation wrong) {
        ByteBuffer answer = ByteBuffer.wrap(ProblemSink.answer(wrong));
        try {
            while (answer.hasRemaining() && out.write(answer) > 0) {
                // The answer fits into the socket's buffer unless the client receives nothing.
            }
            out.terminateWrites();
            out.flush();
        } catch (IOException e) {
            IoUtils.safeClose(connection);
        }
    }

    private int drop(ByteBuffer to, int begin) throws IOException {
        int n = next.read(to);
        to.position(begin);
        dropped += Math.max(0, n);
        return n < 0 || dropped > MAX_DROPPED_BYTES ? -1 : 0;
    }

    private static void drop(HttpServerConnection http, PooledByteBuffer early) {
        early.close();
        http.setExtraBytes(null);
    }

    /** @return how many bytes were skipped */
    private static int skip(ByteBuffer bytes, int max) {
        int skipped = 0;
        while (skipped < max && bytes.hasRemaining() && isLineEnd(bytes.get(bytes.position()))) {
            bytes.get();
            skipped++;
        }
        return skipped;
    }

    private static boolean isLineEnd(byte b) {
        return b == '\r' || b == '\n';
    }
}
