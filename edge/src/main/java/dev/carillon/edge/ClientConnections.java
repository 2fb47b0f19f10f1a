package dev.carillon.edge;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
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

    private final Limits limits;
    private final Networks exempt;
    private final Runnable refused;
    private final Map<Long, Integer> byAddress = new ConcurrentHashMap<>();
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
     */
    public ClientConnections(Limits limits, Networks exempt, Runnable refused) {
        this.limits = limits;
        this.exempt = exempt;
        this.refused = refused;
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
        if (limits.perAddress() > 0 && !trusted && byAddress.getOrDefault(key, 0) >= limits.perAddress()) {
            refused.run();
            IoUtils.safeClose(connection);
            return null;
        }
        Lane lane = lanes.computeIfAbsent(connection.getIoThread(), Lane::new);
        Client client = new Client(lane, connection, key, trusted);
        lane.opened(client);
        client.count();
        return client;
    }

    private void forget(long key) {
        byAddress.computeIfPresent(key, (k, n) -> n == 1 ? null : n - 1);
    }

    /** One connection. On its I/O thread, but for its close. Small: each stream has one. */
    final class Client implements ChannelListener<StreamConnection> {
        private final Lane lane;
        private final StreamConnection connection;
        private final long key;
        private final boolean trusted;
        private boolean counted;
        private boolean begun;
        private long since = System.nanoTime();

        private Client(Lane lane, StreamConnection connection, long key, boolean trusted) {
            this.lane = lane;
            this.connection = connection;
            this.key = key;
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
        void waits() {
            lane.waits(this);
        }

        /** From now on, until it closes. */
        void count() {
            lane.count(this);
            connection.setCloseListener(this);
            if (!connection.isOpen()) {
                lane.closed(this);
            }
        }

        /** It has closed. */
        @Override
        public void handleEvent(StreamConnection closed) {
            lane.closed(this);
        }

        private int connectionsOfAddress() {
            return trusted ? 0 : byAddress.getOrDefault(key, 0);
        }
    }

    private final class Lane {
        private final XnioIoThread thread;
        // Below: guarded by this. In the order in which they began to wait.
        private final Set<Client> silent = new LinkedHashSet<>();
        private final Set<Client> idle = new LinkedHashSet<>();
        private int size;
        private boolean sweeping;

        Lane(XnioIoThread thread) {
            this.thread = thread;
        }

        void opened(Client client) {
            Client last;
            synchronized (this) {
                last = size >= mostOfLane ? takeOne() : null;
                silent.add(client);
                waiting.incrementAndGet();
                if (!sweeping) {
                    sweeping = true;
                    sweepLater();
                }
            }
            close(last);
        }

        synchronized void asks(Client client) {
            if (silent.remove(client) || idle.remove(client)) {
                waiting.decrementAndGet();
            }
        }

        synchronized void begins(Client client) {
            if (silent.remove(client) || idle.remove(client)) {
                client.begun = true;
                client.since = System.nanoTime();
                idle.add(client);
            }
        }

        synchronized void waits(Client client) {
            if (client.counted && idle.add(client)) {
                client.begun = false;
                client.since = System.nanoTime();
                waiting.incrementAndGet();
            }
        }

        synchronized void count(Client client) {
            if (!client.counted) {
                client.counted = true;
                size++;
                open.incrementAndGet();
                byAddress.merge(client.key, 1, Integer::sum);
            }
        }

        synchronized void closed(Client client) {
            if (client.counted) {
                client.counted = false;
                size--;
                open.decrementAndGet();
                forget(client.key);
                asks(client);
            }
        }

        void shed(int number) {
            for (int i = 0; i < number; i++) {
                Client last;
                synchronized (this) {
                    last = takeOne();
                }
                close(last);
            }
        }

        /** Not under the lock: listeners of others are called. */
        private static void close(@Nullable Client client) {
            if (client != null) {
                IoUtils.safeClose(client.connection);
            }
        }

        /** Under the lock; null: none waits. */
        private @Nullable Client takeOne() {
            long now = System.nanoTime();
            Client chosen = null;
            for (Set<Client> kind : List.of(silent, idle)) {
                Iterator<Client> longest = kind.iterator();
                for (int i = 0; i < COMPARED && longest.hasNext(); i++) {
                    Client client = longest.next();
                    if (chosen == null || goesBefore(client, chosen, now)) {
                        chosen = client;
                    }
                }
            }
            if (chosen != null) {
                asks(chosen);
            }
            return chosen;
        }

        private boolean goesBefore(Client a, Client b, long now) {
            int more = a.connectionsOfAddress() - b.connectionsOfAddress();
            return more > 0 || more == 0 && left(a, now) < left(b, now);
        }

        private long left(Client client, long now) {
            Duration most = client.begun || silent.contains(client) ? limits.firstByte() : limits.idle();
            return most.toNanos() - (now - client.since);
        }

        private void sweepLater() {
            long millis = Math.clamp(limits.firstByte().toMillis() / 2, 1, SWEEP_MAX_MILLIS);
            thread.executeAfter(this::sweep, millis, TimeUnit.MILLISECONDS);
        }

        private void sweep() {
            long now = System.nanoTime();
            List<Client> late = new ArrayList<>();
            synchronized (this) {
                for (Client client : silent) {
                    if (left(client, now) > 0) {
                        break;
                    }
                    late.add(client);
                }
                sweeping = silent.size() > late.size();
                if (sweeping) {
                    sweepLater();
                }
            }
            late.forEach(Lane::close);
        }
    }
}
