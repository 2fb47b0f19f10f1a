package dev.carillon.lab.fleet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Thousands of clients with an event stream or a WebSocket on one thread. Each behaves like a browser's EventSource: it keeps cookies, and when its
 * stream ends it reconnects after the {@code retry} delay with the id of its last event.
 */
public final class Fleet implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long SELECT_MILLIS = 50;
    private static final int SLOW_BYTES = 1024;
    private static final long PAUSE_MILLIS = 20;

    /**
     * Identical clients.
     *
     * @param clients number of clients
     * @param addresses addresses of servers or proxies, assigned to the clients in turn
     * @param target request target, as in {@code /events?route=/board}
     * @param connectsPerSecond rate of the first connects; reconnects are not limited
     */
    public record Plan(int clients, List<InetSocketAddress> addresses, String target, int connectsPerSecond) {
        public Plan {
            addresses = List.copyOf(addresses);
            if (clients < 1 || addresses.isEmpty() || connectsPerSecond < 1) {
                throw new IllegalArgumentException("a fleet needs clients, addresses and a rate");
            }
        }
    }

    /**
     * One client.
     *
     * @param address address of a server or a proxy
     * @param target request target
     * @param headers additional header lines, as in {@code Authorization: Bearer …}
     * @param slow whether it reads slowly: at most 50 KB per second
     * @param webSocket whether it opens a WebSocket instead of an event stream; it reconnects like an event stream, after a refusal too
     * @param tls null: without TLS
     * @param messages of a WebSocket; null: its request has everything
     * @param positionTarget request target of the position that it asks for before each stream, to load its state and start from there; null: it
     *     resumes
     */
    public record Client(
            InetSocketAddress address,
            String target,
            List<String> headers,
            boolean slow,
            boolean webSocket,
            @Nullable Tls tls,
            @Nullable Messages messages,
            @Nullable String positionTarget) {
        public Client {
            headers = List.copyOf(headers);
        }

        /** A client that resumes, and whose request has everything. */
        public Client(
                InetSocketAddress address,
                String target,
                List<String> headers,
                boolean slow,
                boolean webSocket,
                @Nullable Tls tls) {
            this(address, target, headers, slow, webSocket, tls, null, null);
        }

        /** A client with an event stream without TLS. */
        public Client(InetSocketAddress address, String target, List<String> headers, boolean slow) {
            this(address, target, headers, slow, false, null);
        }
    }

    /** How a client of {@code /ws} resumes. */
    public enum Resume {
        /** Its request has the id of its last event. */
        BY_REQUEST,
        /** Its request has no scopes; it subscribes to them after its last event. */
        BY_SUBSCRIBE,
        /** It resumes all scopes of its request, and ignores events until the reply. */
        ALL_SCOPES,
        /** Its request has no scopes; it resumes each by name, from its last event. */
        EACH_SCOPE
    }

    /**
     * The messages of a client of {@code /ws}.
     *
     * @param token the token of its first message, if the node asks for it
     * @param scopes topics and at most one route, as in {@code topic:news}, to subscribe to or to resume
     */
    public record Messages(String token, List<String> scopes, Resume resume) {
        public Messages {
            scopes = List.copyOf(scopes);
        }
    }

    /**
     * TLS of a client.
     *
     * @param context which trusts the server's certificate; the name in it is not compared
     * @param http2 whether it uses HTTP/2, for an event stream without cookies and resumes
     */
    public record Tls(SSLContext context, boolean http2) {}

    private final List<Client> plan;
    private final int connectsPerSecond;
    private final FleetObserver observer;
    private final Selector selector;
    private final List<FleetClient> clients = new ArrayList<>();
    private final PriorityQueue<FleetClient> waiting = new PriorityQueue<>(Comparator.comparingLong(c -> c.dueNanos));
    private final List<SelectionKey> pausing = new ArrayList<>();
    private long lastResumeNanos = System.nanoTime();
    private final Queue<Integer> toDrop = new ConcurrentLinkedQueue<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final AtomicInteger open = new AtomicInteger();
    private final Thread thread;
    private volatile boolean closing;

    private Fleet(List<Client> plan, int connectsPerSecond, FleetObserver observer) {
        this.plan = List.copyOf(plan);
        this.connectsPerSecond = connectsPerSecond;
        this.observer = observer;
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.thread = Thread.ofPlatform().daemon().name("fleet").unstarted(this::run);
    }

    /** Starts identical clients and returns immediately. */
    public static Fleet start(Plan plan, FleetObserver observer) {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < plan.clients(); i++) {
            clients.add(new Client(plan.addresses().get(i % plan.addresses().size()), plan.target(), List.of(), false));
        }
        return start(clients, plan.connectsPerSecond(), observer);
    }

    /** Starts different clients and returns immediately. */
    public static Fleet start(List<Client> clients, int connectsPerSecond, FleetObserver observer) {
        Fleet fleet = new Fleet(clients, connectsPerSecond, observer);
        fleet.thread.start();
        return fleet;
    }

    /** Closes a client's connection soon; the client reconnects as usual. */
    public void drop(int client) {
        toDrop.add(client);
        selector.wakeup();
    }

    /** Number of clients with an open stream. */
    public int open() {
        return open.get();
    }

    /** Closes all connections; returns when that is done. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long start = System.nanoTime();
        long step = TimeUnit.SECONDS.toNanos(1) / connectsPerSecond;
        for (int i = 0; i < plan.size(); i++) {
            FleetClient client = new FleetClient(i, plan.get(i), this);
            client.dueNanos = start + i * step;
            clients.add(client);
            waiting.add(client);
        }
        try {
            while (!closing) {
                connectDueClients();
                dropRequested();
                resumeSlowClients();
                selector.select(this::serve, pausing.isEmpty() ? SELECT_MILLIS : PAUSE_MILLIS);
            }
            clients.forEach(FleetClient::leave);
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void connectDueClients() {
        long now = System.nanoTime();
        FleetClient next = waiting.peek();
        while (next != null && next.dueNanos <= now) {
            waiting.remove();
            next.connect(selector);
            next = waiting.peek();
        }
    }

    private void dropRequested() {
        for (Integer number = toDrop.poll(); number != null; number = toDrop.poll()) {
            clients.get(number).drop();
        }
    }

    /** Resumes all slow clients after a fixed pause; the selector alone wakes this thread at any time. */
    private void resumeSlowClients() {
        long now = System.nanoTime();
        if (now - lastResumeNanos < TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS)) {
            return;
        }
        lastResumeNanos = now;
        pausing.stream().filter(SelectionKey::isValid).forEach(key -> key.interestOps(SelectionKey.OP_READ));
        pausing.clear();
    }

    private void serve(SelectionKey key) {
        FleetClient client = (FleetClient) key.attachment();
        boolean slow = client.plan.slow();
        client.ready(key, buffer.clear().limit(slow ? SLOW_BYTES : BUFFER_BYTES));
        if (slow && key.isValid() && key.interestOps() == SelectionKey.OP_READ) {
            key.interestOps(0);
            pausing.add(key);
        }
    }

    // Called by the clients, on this thread.

    void opened(FleetClient client) {
        open.incrementAndGet();
        observer.opened(client.number, System.nanoTime());
    }

    void received(FleetClient client, StreamEvent event) {
        observer.event(client.number, event, System.nanoTime());
    }

    void positioned(FleetClient client) {
        observer.positioned(client.number, System.nanoTime());
    }

    void closed(FleetClient client) {
        open.decrementAndGet();
        observer.closed(client.number, System.nanoTime());
    }

    void refused(FleetClient client, String reason) {
        observer.refused(client.number, reason);
    }

    void withdrawn(FleetClient client, String reason) {
        observer.withdrawn(client.number, reason);
    }

    void notOpened(FleetClient client, int status) {
        observer.notOpened(client.number, status);
    }

    void refusedForGood(FleetClient client, int status) {
        observer.refusedForGood(client.number, status);
    }

    void reconnectLater(FleetClient client, long delayMillis) {
        client.dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis);
        waiting.add(client);
    }
}
