package dev.carillon.edge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;

/**
 * Tracks the client connections of one listener from their accept on: the number of connections of each address, and the inactive ones. A
 * connection is inactive while it has no complete request head. Inactive connections cost a descriptor and little else; when descriptors
 * run short they are closed for new connections, so that a client cannot exhaust the descriptors by opening connections without requests.
 *
 * <pre>
 * accepted -> NEW -first byte-> READING_HEAD -head-> ACTIVE -end of the request-> IDLE -first byte-> READING_HEAD ...
 * </pre>
 *
 * <p>An HTTP/2 connection is ACTIVE while it has a stream, and IDLE after its preface while it has none. Before it is closed it is sent
 * GOAWAY (RFC 9113, section 6.8).
 *
 * <p>Any connection but an ACTIVE one may be closed for a new one. This class closes NEW connections at their deadline; Undertow's timeouts
 * close the others. A thread that is late runs its timers before it reads from its sockets, where the first byte may be. So a connection is closed at the
 * second sweep that finds it beyond its deadline: the thread has read in between.
 *
 * <p>A NEW connection of a trusted proxy has the deadline of an IDLE one. A proxy keeps connections for later, some of which have carried no request yet, and
 * would take the end of one, as it sends a request, for a failure of the node.
 *
 * <p>Connections are grouped by I/O thread, and each thread closes only its own. A group's lock is contended only by closes on other
 * threads. The connection to close is chosen among the {@value #COMPARED} longest inactive new connections and as many of the others: first one of the address with
 * the most connections, then the one closest to its timeout; connections of trusted proxies come last.
 */
public final class ClientConnections {
    /** Candidates compared when a connection has to be closed. */
    private static final int COMPARED = 64;

    private static final long SWEEP_MAX_MILLIS = 500;

    private static final Logger LOGGER = LoggerFactory.getLogger(ClientConnections.class);
    /** The HTTP/2 connections of all listeners: Undertow's exchange gives access to the {@link StreamConnection} only. */
    private static final Map<StreamConnection, Http2> HTTP_2 = new ConcurrentHashMap<>();

    private final Limits limits;
    private final Networks exempt;
    private final Runnable refused;
    private final LongSupplier nanoTime;
    private final Map<Long, Address> byAddress = new ConcurrentHashMap<>();
    private final Map<XnioIoThread, ThreadConnections> threads = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger inactive = new AtomicInteger();
    private volatile int maxPerThread = Integer.MAX_VALUE;

    /**
     * Limits of connections.
     *
     * @param perAddress connections of one address; 0: no limit
     * @param firstByte time limit of a new connection's first byte, including a TLS handshake
     * @param idle time limit of a connection between requests; enforced by Undertow, used here to compare connections
     */
    public record Limits(int perAddress, Duration firstByte, Duration idle) {}

    /**
     * @param exempt networks of trusted proxies, whose connections carry many clients
     * @param refused called on I/O threads for each connection refused by the limit of its address
     * @param nanoTime monotonic clock
     */
    public ClientConnections(Limits limits, Networks exempt, Runnable refused, LongSupplier nanoTime) {
        this.limits = limits;
        this.exempt = exempt;
        this.refused = refused;
        this.nanoTime = nanoTime;
    }

    /** The number of inactive connections. */
    public int inactive() {
        return inactive.get();
    }

    public int open() {
        return open.get();
    }

    /** Sets the number of connections of one I/O thread beyond which inactive ones are closed for new ones. */
    public void closeInactiveBeyond(int perThread) {
        maxPerThread = Math.max(1, perThread);
    }

    /** Closes up to {@code max} inactive connections, asynchronously. */
    public void closeInactive(int max) {
        int each = Math.ceilDiv(max, Math.max(1, threads.size()));
        threads.forEach((thread, connections) -> thread.execute(() -> connections.closeInactive(each)));
    }

    /**
     * Tracks an accepted connection; on its I/O thread.
     *
     * @return null when the limit of its address was exceeded and it was closed
     */
    @Nullable
    Client opened(StreamConnection connection) {
        InetSocketAddress peer = connection.getPeerAddress(InetSocketAddress.class);
        InetAddress address = peer == null ? null : peer.getAddress();
        boolean trusted = address != null && exempt.contains(address);
        long key = address == null ? 0 : LiteralAddress.key(address);
        if (limits.perAddress() > 0 && !trusted && ofAddress(key) >= limits.perAddress()) {
            refused.run();
            IoUtils.safeClose(connection);
            return null;
        }
        ThreadConnections group = threads.computeIfAbsent(connection.getIoThread(), ThreadConnections::new);
        Client client = new Client(group, count(key), trusted);
        group.opened(client, connection);
        client.listen(connection);
        return client;
    }

    /** The HTTP/2 connection; null when it has closed or does not use HTTP/2. */
    static @Nullable Http2 http2(StreamConnection connection) {
        return HTTP_2.get(connection);
    }

    private int ofAddress(long key) {
        Address address = byAddress.get(key);
        return address == null ? 0 : address.connections.get();
    }

    private Address count(long key) {
        return byAddress.compute(key, (k, known) -> {
            Address address = known == null ? new Address(k) : known;
            address.connections.incrementAndGet();
            return address;
        });
    }

    private void forget(Address address) {
        byAddress.computeIfPresent(address.key, (k, known) -> known.connections.decrementAndGet() == 0 ? null : known);
    }

    /** An address with connections, in the map as long as it has any. */
    private static final class Address {
        final long key;
        /** Changed only in computations of the map. */
        final AtomicInteger connections = new AtomicInteger();

        Address(long key) {
            this.key = key;
        }
    }

    /**
     * One connection. On its I/O thread, except for its close. Small, as each stream has one: the state of an inactive connection is in {@link
     * InactiveConnection}.
     */
    static final class Client implements ChannelListener<StreamConnection> {
        private final ThreadConnections group;
        private final Address address;
        private final boolean trusted;
        // The fields below are guarded by the group.
        private boolean counted;
        /** Whether a call of its close listener does not mean that it has closed. */
        private boolean ignoresClose;

        /** Null while it is active. */
        private @Nullable InactiveConnection inactive;

        private Client(ThreadConnections group, Address address, boolean trusted) {
            this.group = group;
            this.address = address;
            this.trusted = trusted;
        }

        /** The first byte of a head was read; the connection stays inactive until the head is complete. */
        void headStarted() {
            group.headStarted(this);
        }

        /** A head is complete. */
        void requestStarted() {
            group.becameActive(this);
        }

        /** The last open request has ended. */
        void requestEnded(StreamConnection connection) {
            group.becameIdle(this, connection);
        }

        /** The connection has switched to HTTP/2, with no open stream. */
        void switchedToHttp2(StreamConnection connection) {
            HTTP_2.put(connection, new Http2(this, connection));
            if (!connection.isOpen()) {
                HTTP_2.remove(connection);
            }
            requestStarted();
            requestEnded(connection);
        }

        /** Its close listeners are about to be called and removed although it stays open; {@link #watchClose} must follow. */
        void ignoreClose() {
            group.ignoreClose(this, true);
        }

        /** Counts the connection until it closes, after {@link #ignoreClose}. */
        void watchClose(StreamConnection connection) {
            group.ignoreClose(this, false);
            listen(connection);
        }

        private void listen(StreamConnection connection) {
            connection.setCloseListener(this);
            if (!connection.isOpen()) {
                group.closed(this);
            }
        }

        /** The connection has closed, unless it {@link #ignoresClose}. */
        @Override
        public void handleEvent(StreamConnection closed) {
            HTTP_2.remove(closed);
            group.closed(this);
        }

        private int connectionsOfAddress() {
            return trusted ? 0 : address.connections.get();
        }
    }

    /** The additional state of an HTTP/2 connection. Thread-safe, except {@link #goAway}. */
    static final class Http2 {
        private static final byte GO_AWAY = 7;
        private static final int HEAD_BYTES = 9;
        private static final int PAYLOAD_BYTES = 8;

        private final Client client;
        private final StreamConnection connection;
        private volatile int lastStream;

        private Http2(Client client, StreamConnection connection) {
            this.client = client;
            this.connection = connection;
        }

        void opensStream(int id) {
            lastStream = id;
            client.requestStarted();
        }

        void lastStreamEnded() {
            client.requestEnded(connection);
        }

        void hasStream() {
            client.requestStarted();
        }

        /**
         * Sends GOAWAY; on the I/O thread and without an open stream, so that no other frame is partly written, unless the client receives
         * nothing.
         */
        private void goAway() {
            ByteBuffer frame = ByteBuffer.allocate(HEAD_BYTES + PAYLOAD_BYTES)
                    .put((byte) 0)
                    .putShort((short) PAYLOAD_BYTES)
                    .put(GO_AWAY)
                    .put((byte) 0)
                    .putInt(0)
                    .putInt(lastStream)
                    .putInt(0)
                    .flip();
            try {
                int _ = connection.getSinkChannel().write(frame);
            } catch (IOException e) {
                LOGGER.debug("an inactive connection had closed before GOAWAY could be sent");
            }
        }
    }

    /** The connections of one I/O thread. */
    private final class ThreadConnections {
        private final XnioIoThread thread;
        // The fields below are guarded by this.
        /** Connections that are NEW, but not those of trusted proxies. */
        private final InactiveList newOnes = new InactiveList();
        /** All others. */
        private final InactiveList idle = new InactiveList();

        private int size;
        private boolean sweeping;

        ThreadConnections(XnioIoThread thread) {
            this.thread = thread;
        }

        void opened(Client client, StreamConnection connection) {
            InactiveConnection closing;
            synchronized (this) {
                closing = size >= maxPerThread ? removeOne() : null;
                client.counted = true;
                size++;
                open.incrementAndGet();
                add(new InactiveConnection(client, connection, InactiveConnection.State.NEW, nanoTime.getAsLong()));
                if (!sweeping) {
                    sweeping = true;
                    sweepLater();
                }
            }
            close(closing);
        }

        synchronized void becameActive(Client client) {
            InactiveConnection entry = client.inactive;
            if (entry != null) {
                client.inactive = null;
                list(entry).remove(entry);
                inactive.decrementAndGet();
            }
        }

        synchronized void headStarted(Client client) {
            InactiveConnection entry = client.inactive;
            if (entry != null) {
                list(entry).remove(entry);
                entry.state = InactiveConnection.State.READING_HEAD;
                entry.since = nanoTime.getAsLong();
                list(entry).add(entry);
            }
        }

        synchronized void becameIdle(Client client, StreamConnection connection) {
            if (client.counted && client.inactive == null) {
                add(new InactiveConnection(client, connection, InactiveConnection.State.IDLE, nanoTime.getAsLong()));
            }
        }

        synchronized void ignoreClose(Client client, boolean ignore) {
            client.ignoresClose = ignore;
        }

        synchronized void closed(Client client) {
            if (client.counted && !client.ignoresClose) {
                client.counted = false;
                size--;
                open.decrementAndGet();
                forget(client.address);
                becameActive(client);
            }
        }

        /** Called with the lock held. */
        private void add(InactiveConnection entry) {
            entry.client.inactive = entry;
            list(entry).add(entry);
            inactive.incrementAndGet();
        }

        private InactiveList list(InactiveConnection entry) {
            return isSwept(entry) ? newOnes : idle;
        }

        private static boolean isSwept(InactiveConnection entry) {
            return entry.state == InactiveConnection.State.NEW && !entry.client.trusted;
        }

        void closeInactive(int max) {
            for (int i = 0; i < max; i++) {
                InactiveConnection closing;
                synchronized (this) {
                    closing = removeOne();
                }
                close(closing);
            }
        }

        /** Called without the lock, as it calls other close listeners. */
        private static void close(@Nullable InactiveConnection entry) {
            if (entry != null) {
                Http2 http2 = http2(entry.connection);
                if (http2 != null) {
                    http2.goAway();
                }
                IoUtils.safeClose(entry.connection);
            }
        }

        /** Called with the lock held; null: no connection is inactive. */
        private @Nullable InactiveConnection removeOne() {
            long now = nanoTime.getAsLong();
            InactiveConnection chosen = preferred(preferred(null, newOnes, now), idle, now);
            if (chosen != null) {
                becameActive(chosen.client);
            }
            return chosen;
        }

        /** The connection to close first, among the longest inactive ones of a list and the given one. */
        private @Nullable InactiveConnection preferred(
                @Nullable InactiveConnection chosenSoFar, InactiveList list, long now) {
            InactiveConnection chosen = chosenSoFar;
            InactiveConnection candidate = list.first;
            for (int i = 0; i < COMPARED && candidate != null; i++) {
                if (chosen == null || isPreferred(candidate, chosen, now)) {
                    chosen = candidate;
                }
                candidate = candidate.after;
            }
            return chosen;
        }

        private boolean isPreferred(InactiveConnection a, InactiveConnection b, long now) {
            int more = a.client.connectionsOfAddress() - b.client.connectionsOfAddress();
            return more > 0 || more == 0 && remainingNanos(a, now) < remainingNanos(b, now);
        }

        private long remainingNanos(InactiveConnection entry, long now) {
            boolean head = isSwept(entry) || entry.state == InactiveConnection.State.READING_HEAD;
            Duration timeout = head ? limits.firstByte() : limits.idle();
            return timeout.toNanos() - (now - entry.since);
        }

        private void sweepLater() {
            long millis = Math.clamp(limits.firstByte().toMillis() / 2, 1, SWEEP_MAX_MILLIS);
            thread.executeAfter(this::sweep, millis, TimeUnit.MILLISECONDS);
        }

        private void sweep() {
            long now = nanoTime.getAsLong();
            List<InactiveConnection> expired = new ArrayList<>();
            synchronized (this) {
                InactiveConnection oldest = newOnes.first;
                while (oldest != null && remainingNanos(oldest, now) <= 0) {
                    if (oldest.overdue) {
                        expired.add(oldest);
                    }
                    oldest.overdue = true;
                    oldest = oldest.after;
                }
                sweeping = newOnes.size > expired.size();
                if (sweeping) {
                    sweepLater();
                }
            }
            expired.forEach(ThreadConnections::close);
        }
    }
}
