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

/**
 * Clients of event streams, thousands on one thread, each of which behaves like a browser's EventSource: it keeps its cookies, and when
 * its stream ends it comes back after the delay that it was told, with the id of its last event.
 */
public final class Fleet implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long SELECT_MILLIS = 50;
    private static final int SLOW_BYTES = 1024;
    private static final long PAUSE_MILLIS = 20;

    /**
     * What the clients do.
     *
     * @param clients how many
     * @param addresses of servers or proxies, taken in turn by the clients
     * @param target of the request, as in {@code /events?route=/board}
     * @param connectsPerSecond how fast they come at first; later each comes when it wants
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
     * One of the clients.
     *
     * @param address of a server or a proxy
     * @param target as of {@link Plan}
     * @param headers more lines of its requests, as in {@code Authorization: Bearer …}
     * @param slow whether it reads in small bits, with pauses: at most 50 KB a second
     */
    public record Client(InetSocketAddress address, String target, List<String> headers, boolean slow) {
        public Client {
            headers = List.copyOf(headers);
        }
    }

    private final List<Client> plan;
    private final int connectsPerSecond;
    private final FleetObserver observer;
    private final Selector selector;
    private final List<FleetClient> clients = new ArrayList<>();
    private final PriorityQueue<FleetClient> waiting = new PriorityQueue<>(Comparator.comparingLong(c -> c.dueNanos));
    private final List<SelectionKey> pausing = new ArrayList<>();
    private long pausedNanos = System.nanoTime();
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

    /** Starts them and returns at once. */
    public static Fleet start(Plan plan, FleetObserver observer) {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < plan.clients(); i++) {
            clients.add(new Client(plan.addresses().get(i % plan.addresses().size()), plan.target(), List.of(), false));
        }
        return start(clients, plan.connectsPerSecond(), observer);
    }

    /** As above, with clients that differ. */
    public static Fleet start(List<Client> clients, int connectsPerSecond, FleetObserver observer) {
        Fleet fleet = new Fleet(clients, connectsPerSecond, observer);
        fleet.thread.start();
        return fleet;
    }

    /** Has a client lose its connection, soon; it comes back as after any loss. */
    public void drop(int client) {
        toDrop.add(client);
        selector.wakeup();
    }

    /** How many have their stream now. */
    public int open() {
        return open.get();
    }

    /** Every client leaves; returns when all have. */
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
                connectThoseDue();
                dropThoseAsked();
                letSlowOnesRead();
                selector.select(this::serve, pausing.isEmpty() ? SELECT_MILLIS : PAUSE_MILLIS);
            }
            clients.forEach(FleetClient::leave);
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void connectThoseDue() {
        long now = System.nanoTime();
        FleetClient next = waiting.peek();
        while (next != null && next.dueNanos <= now) {
            waiting.remove();
            next.connect(selector);
            next = waiting.peek();
        }
    }

    private void dropThoseAsked() {
        for (Integer number = toDrop.poll(); number != null; number = toDrop.poll()) {
            clients.get(number).drop();
        }
    }

    /** All together, by the clock: the others' traffic wakes this thread at any time. */
    private void letSlowOnesRead() {
        long now = System.nanoTime();
        if (now - pausedNanos < TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS)) {
            return;
        }
        pausedNanos = now;
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

    // What its clients tell, on its thread.

    void opened(FleetClient client) {
        open.incrementAndGet();
        observer.opened(client.number, System.nanoTime());
    }

    void received(FleetClient client, StreamEvent event) {
        observer.event(client.number, event, System.nanoTime());
    }

    void closed(FleetClient client) {
        open.decrementAndGet();
        observer.closed(client.number, System.nanoTime());
    }

    void refusedForGood(FleetClient client, int status) {
        observer.refusedForGood(client.number, status);
    }

    void comesBack(FleetClient client, long delayMillis) {
        client.dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delayMillis);
        waiting.add(client);
    }
}
