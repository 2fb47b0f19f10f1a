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
 * The connections of clients to one listener, from their first packet on: how many an address has, and which of them wait. A
 * connection waits while no whole head of a request came on it yet ("silent"; "begun" with a part of one), or none more ("idle"); those cost
 * a descriptor and little else, so when descriptors run short they make room for new ones, and a crowd of them keeps no client out.
 *
 * <pre>
 * opened -> SILENT -first byte-> BEGUN -head-> ASKING -end of the request-> IDLE -first byte-> BEGUN ...
 * </pre>
 *
 * <p>Over HTTP/2 a connection is ASKING while it has a stream, and IDLE from its preface on while it has none; before it makes room it is
 * sent GOAWAY (RFC 9113, section 6.8).
 *
 * <p>All but ASKING may be closed to make room; SILENT also at its deadline here, the others at those of Undertow.
 *
 * <p>Each I/O thread has a lane of its own connections, guarded by itself and in fact touched by that thread alone but for counts: a
 * thread closes only its own connections. Which one makes room: of those that wait longest, one of the address with the most
 * connections, then the one nearest to its end; one of a trusted proxy last.
 */
public final class ClientConnections {
    /** Of those that wait longest, so many are compared. */
    private static final int COMPARED = 64;

    private static final long SWEEP_MAX_MILLIS = 500;

    private static final Logger LOGGER = LoggerFactory.getLogger(ClientConnections.class);
    /** Of all listeners, as a request of HTTP/2 knows nothing of its connection but this. */
    private static final Map<StreamConnection, Http2> HTTP_2 = new ConcurrentHashMap<>();

    private final Limits limits;
    private final Networks exempt;
    private final Runnable refused;
    private final LongSupplier nanoTime;
    private final Map<Long, Address> byAddress = new ConcurrentHashMap<>();
    private final Map<XnioIoThread, Lane> lanes = new ConcurrentHashMap<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile int mostOfLane = Integer.MAX_VALUE;

    /**
     * What clients may do without asking anything.
     *
     * @param perAddress connections that one address may have; 0: any number
     * @param firstByte how long a new connection may take to its first byte, a TLS handshake included
     * @param idle how long one may wait for the next request; held by Undertow, and known here to compare
     */
    public record Limits(int perAddress, Duration firstByte, Duration idle) {}

    /**
     * @param exempt networks of trusted proxies, whose connections carry many clients
     * @param refused called for each connection that an address has too many; on I/O threads
     * @param nanoTime a monotonic clock
     */
    public ClientConnections(Limits limits, Networks exempt, Runnable refused, LongSupplier nanoTime) {
        this.limits = limits;
        this.exempt = exempt;
        this.refused = refused;
        this.nanoTime = nanoTime;
    }

    /** Connections that wait, and could make room. */
    public int waiting() {
        return waiting.get();
    }

    public int open() {
        return open.get();
    }

    /** Beyond so many on one I/O thread, connections that wait are closed for new ones. */
    public void makeRoomBeyond(int ofOneThread) {
        mostOfLane = Math.max(1, ofOneThread);
    }

    /** Closes up to so many that wait; returns before that is done. */
    public void shed(int number) {
        int each = Math.ceilDiv(number, Math.max(1, lanes.size()));
        lanes.forEach((thread, lane) -> thread.execute(() -> lane.shed(each)));
    }

    /** A connection was accepted, on its I/O thread; null: its address has too many, and it was closed. */
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
        Lane lane = lanes.computeIfAbsent(connection.getIoThread(), Lane::new);
        Client client = new Client(lane, count(key), trusted);
        lane.opened(client, connection);
        client.listen(connection);
        return client;
    }

    /** A connection of HTTP/2; null: it has closed, or is not known to be one. */
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

    /** An address with connections: it is in the map as long as it has any. */
    private static final class Address {
        final long key;
        /** Changed in computations of the map alone. */
        final AtomicInteger connections = new AtomicInteger();

        Address(long key) {
            this.key = key;
        }
    }

    /** One connection. On its I/O thread, but for its close. Small, as each stream has one: what is of waiting is in {@link Waiting}. */
    static final class Client implements ChannelListener<StreamConnection> {
        private final Lane lane;
        private final Address address;
        private final boolean trusted;
        // Below: guarded by the lane.
        private boolean counted;
        /** A call of its close listener does not mean that it closed. */
        private boolean kept;

        /** Null: something was asked that has not ended. */
        private @Nullable Waiting place;

        private Client(Lane lane, Address address, boolean trusted) {
            this.lane = lane;
            this.address = address;
            this.trusted = trusted;
        }

        /** The first bytes of a head came: while it is not whole, the connection still waits. */
        void begins() {
            lane.begins(this);
        }

        /** A whole head came. */
        void asks() {
            lane.asks(this);
        }

        /** A request has ended. */
        void waits(StreamConnection connection) {
            lane.waits(this, connection);
        }

        /** HTTP/2 is spoken from now on, and no stream is open. */
        void beginsHttp2(StreamConnection connection) {
            HTTP_2.put(connection, new Http2(this, connection));
            if (!connection.isOpen()) {
                HTTP_2.remove(connection);
            }
            asks();
            waits(connection);
        }

        /** Its close listeners are about to be called and taken away while it stays open: {@link #listenAgain} has to follow. */
        void keep() {
            lane.keep(this, true);
        }

        /** They were called: it is counted until it closes. */
        void listenAgain(StreamConnection connection) {
            lane.keep(this, false);
            listen(connection);
        }

        private void listen(StreamConnection connection) {
            connection.setCloseListener(this);
            if (!connection.isOpen()) {
                lane.closed(this);
            }
        }

        /** It has closed, or is {@link #kept}. */
        @Override
        public void handleEvent(StreamConnection closed) {
            HTTP_2.remove(closed);
            lane.closed(this);
        }

        private int connectionsOfAddress() {
            return trusted ? 0 : address.connections.get();
        }
    }

    /** A connection of HTTP/2, which others have no state for. From any thread, but for {@link #goAway}. */
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
            client.asks();
        }

        /** The last one that was open has ended. */
        void hasNoStream() {
            client.waits(connection);
        }

        void hasStream() {
            client.asks();
        }

        /** On the I/O thread, while it has no stream: so no frame is half on its way, but where the client takes nothing. */
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
                LOGGER.debug("a connection that is to make room has closed before");
            }
        }
    }

    private final class Lane {
        private final XnioIoThread thread;
        // Below: guarded by this.
        private final WaitingLine silent = new WaitingLine();
        /** With those that have begun a head. */
        private final WaitingLine idle = new WaitingLine();

        private int size;
        private boolean sweeping;

        Lane(XnioIoThread thread) {
            this.thread = thread;
        }

        void opened(Client client, StreamConnection connection) {
            Waiting last;
            synchronized (this) {
                last = size >= mostOfLane ? takeOne() : null;
                client.counted = true;
                size++;
                open.incrementAndGet();
                add(new Waiting(client, connection, Waiting.Kind.SILENT, nanoTime.getAsLong()));
                if (!sweeping) {
                    sweeping = true;
                    sweepLater();
                }
            }
            close(last);
        }

        synchronized void asks(Client client) {
            Waiting wait = client.place;
            if (wait != null) {
                client.place = null;
                line(wait).remove(wait);
                waiting.decrementAndGet();
            }
        }

        synchronized void begins(Client client) {
            Waiting wait = client.place;
            if (wait != null) {
                line(wait).remove(wait);
                wait.kind = Waiting.Kind.BEGUN;
                wait.since = nanoTime.getAsLong();
                line(wait).add(wait);
            }
        }

        synchronized void waits(Client client, StreamConnection connection) {
            if (client.counted && client.place == null) {
                add(new Waiting(client, connection, Waiting.Kind.IDLE, nanoTime.getAsLong()));
            }
        }

        synchronized void keep(Client client, boolean kept) {
            client.kept = kept;
        }

        synchronized void closed(Client client) {
            if (client.counted && !client.kept) {
                client.counted = false;
                size--;
                open.decrementAndGet();
                forget(client.address);
                asks(client);
            }
        }

        /** Under the lock. */
        private void add(Waiting wait) {
            wait.client.place = wait;
            line(wait).add(wait);
            waiting.incrementAndGet();
        }

        private WaitingLine line(Waiting wait) {
            return wait.kind == Waiting.Kind.SILENT ? silent : idle;
        }

        void shed(int number) {
            for (int i = 0; i < number; i++) {
                Waiting last;
                synchronized (this) {
                    last = takeOne();
                }
                close(last);
            }
        }

        /** Not under the lock: listeners of others are called. */
        private static void close(@Nullable Waiting wait) {
            if (wait != null) {
                Http2 http2 = http2(wait.connection);
                if (http2 != null) {
                    http2.goAway();
                }
                IoUtils.safeClose(wait.connection);
            }
        }

        /** Under the lock; null: none waits. */
        private @Nullable Waiting takeOne() {
            long now = nanoTime.getAsLong();
            Waiting chosen = better(better(null, silent, now), idle, now);
            if (chosen != null) {
                asks(chosen.client);
            }
            return chosen;
        }

        /** The one of a line that goes before what was chosen so far. */
        private @Nullable Waiting better(@Nullable Waiting chosenSoFar, WaitingLine line, long now) {
            Waiting chosen = chosenSoFar;
            Waiting longest = line.first;
            for (int i = 0; i < COMPARED && longest != null; i++) {
                if (chosen == null || goesBefore(longest, chosen, now)) {
                    chosen = longest;
                }
                longest = longest.after;
            }
            return chosen;
        }

        private boolean goesBefore(Waiting a, Waiting b, long now) {
            int more = a.client.connectionsOfAddress() - b.client.connectionsOfAddress();
            return more > 0 || more == 0 && left(a, now) < left(b, now);
        }

        private long left(Waiting wait, long now) {
            Duration most = wait.kind == Waiting.Kind.IDLE ? limits.idle() : limits.firstByte();
            return most.toNanos() - (now - wait.since);
        }

        private void sweepLater() {
            long millis = Math.clamp(limits.firstByte().toMillis() / 2, 1, SWEEP_MAX_MILLIS);
            thread.executeAfter(this::sweep, millis, TimeUnit.MILLISECONDS);
        }

        private void sweep() {
            long now = nanoTime.getAsLong();
            List<Waiting> late = new ArrayList<>();
            synchronized (this) {
                Waiting longest = silent.first;
                while (longest != null && left(longest, now) <= 0) {
                    late.add(longest);
                    longest = longest.after;
                }
                sweeping = silent.size > late.size();
                if (sweeping) {
                    sweepLater();
                }
            }
            late.forEach(Lane::close);
        }
    }
}
