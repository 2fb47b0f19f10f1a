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
 * What is read on one connection of HTTP/1.1, looked at below Undertow's parser: heads, bodies in chunks, and line ends between requests.
 * Installed by {@link RequestBoundary}. All on the connection's I/O thread.
 */
final class RequestSource extends AbstractStreamSourceConduit<StreamSourceConduit> {
    private static final Logger LOGGER = LoggerFactory.getLogger(RequestSource.class);
    /** Of line ends before one request: a client that sends nothing else must not be read for ever. */
    private static final int MAX_SKIPPED = 8;
    /** What is read of a client that was refused, so that its side does not reset the connection before it has the answer. */
    private static final int MAX_DROPPED_BYTES = 256 * 1024;

    private static final int LINGER_MILLIS = 2_000;

    private final StreamConnection connection;
    private final StreamSinkConduit out;
    private final RequestBoundary.Rules rules;
    /** The answer to a request that Undertow cannot parse. */
    private final byte[] unreadable;

    private final ClientConnections.Client client;
    private final HeadScan head = new HeadScan();
    private boolean atBoundary = true;
    private int left = MAX_SKIPPED;
    /** Of the request whose body is read; null: it has none in chunks. */
    private @Nullable ChunkScan chunks;

    private @Nullable HttpServerExchange exchange;
    private @Nullable Violation violation;
    private boolean refused;
    /** The first part of its preface has come. */
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

    /** Whether {@link #request} has not been called for it. */
    boolean isNew(HttpServerExchange request) {
        return exchange != request;
    }

    /** The rule that the body of the request is known to break; null: none so far. */
    @Nullable
    Violation violation() {
        return violation;
    }

    /** The connection serves HTTP no more. What is returned counts it again, until it closes. */
    Runnable leave() {
        client.asks();
        client.keep();
        return () -> client.listenAgain(connection);
    }

    void guard() {
        connection
                .getSinkChannel()
                .setConduit(new ProblemSink(connection.getSinkChannel().getConduit(), unreadable));
    }

    /** A head was parsed: what was read behind it is its body, if it has one. */
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

    /** What follows may be HTTP/2. */
    void ended(HttpServerConnection http) {
        HttpServerExchange request = exchange;
        if (request != null && request.isUpgrade() && RequestBoundary.asksForHttp2(request)) {
            client.beginsHttp2(connection);
        }
        PooledByteBuffer early = http.getExtraBytes();
        try {
            Http2Guard.requestEnded(next, early == null ? null : early.getBuffer());
        } catch (IOException e) {
            // Its connection was closed.
            LOGGER.debug("a client floods at its change to HTTP/2");
        }
    }

    /** The request has ended and the connection goes on: what was read behind it begins the next one. */
    @Nullable
    Violation nextRequest(HttpServerConnection http) {
        if (violation != null || (chunks != null && !chunks.isDone())) {
            // Undertow and this would take different bytes for the next request.
            IoUtils.safeClose(connection);
            return null;
        }
        chunks = null;
        exchange = null;
        head.begin();
        client.waits(connection);
        PooledByteBuffer early = http.getExtraBytes();
        int skipped = early == null ? 0 : skip(early.getBuffer(), MAX_SKIPPED);
        left = MAX_SKIPPED - skipped;
        atBoundary = early == null || !early.getBuffer().hasRemaining();
        if (early == null) {
            return null;
        }
        if (atBoundary) {
            drop(http, early);
            return null;
        }
        // What is left of them is the beginning of a request already.
        Violation wrong = head.scan(
                early.getBuffer(),
                early.getBuffer().position(),
                early.getBuffer().limit());
        tell(true);
        if (wrong != null) {
            refused = true;
            drop(http, early);
        }
        return wrong;
    }

    /** Answers in place of Undertow, and drops what still comes until the client has seen it. */
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

    /** Whether what is read is not looked at. */
    private boolean passes() {
        return !refused && violation == null && chunks == null && head.isDone() && !awaitsHttp2;
    }

    private void tell(boolean first) {
        if (head.isPreface() && !Http2Guard.isHttp2(next)) {
            awaitsHttp2 = true;
            // Undertow waits for the rest without a limit.
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
            client.beginsHttp2(connection);
        } else if (head.isDone()) {
            client.asks();
        } else if (first) {
            client.begins();
        }
    }

    /** After a reading behind the first part of the preface. */
    private void preface(int n) {
        if (Http2Guard.isHttp2(next)) {
            awaitsHttp2 = false;
            client.beginsHttp2(connection);
        } else if (n < 0) {
            IoUtils.safeClose(connection);
        }
    }

    private int head(ByteBuffer to, int begin, int n) throws IOException {
        int skipped = 0;
        boolean first = atBoundary;
        if (atBoundary) {
            if (!(connection.getSinkChannel().getConduit() instanceof ProblemSink)) {
                guard();
            }
            ByteBuffer come = to.duplicate().flip().position(begin);
            skipped = skip(come, left);
            left -= skipped;
            atBoundary = !come.hasRemaining();
            if (skipped > 0) {
                to.position(begin).put(come);
            }
            if (atBoundary) {
                return read(to);
            }
        }
        Violation wrong = head.scan(to, begin, to.position());
        tell(first);
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
            // Undertow closes the connection as soon as it sees the failure.
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
                // A client that has taken its answers so far takes this one, too.
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
