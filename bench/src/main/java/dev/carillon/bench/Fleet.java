package dev.carillon.bench;

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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients of event streams, thousands on one thread, each of which behaves like a browser's EventSource: it keeps its cookies, and when
 * its stream ends it comes back after the delay that it was told, with the id of its last event.
 */
public final class Fleet implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final long SELECT_MILLIS = 50;

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

    private final Plan plan;
    private final FleetObserver observer;
    private final Selector selector;
    private final List<FleetClient> clients = new ArrayList<>();
    private final PriorityQueue<FleetClient> waiting = new PriorityQueue<>(Comparator.comparingLong(c -> c.dueNanos));
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final AtomicInteger open = new AtomicInteger();
    private final Thread thread;
    private volatile boolean closing;

    private Fleet(Plan plan, FleetObserver observer) {
        this.plan = plan;
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
        Fleet fleet = new Fleet(plan, observer);
        fleet.thread.start();
        return fleet;
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
        long step = TimeUnit.SECONDS.toNanos(1) / plan.connectsPerSecond();
        for (int i = 0; i < plan.clients(); i++) {
            FleetClient client =
                    new FleetClient(i, plan.addresses().get(i % plan.addresses().size()), plan.target(), this);
            client.dueNanos = start + i * step;
            clients.add(client);
            waiting.add(client);
        }
        try {
            while (!closing) {
                connectThoseDue();
                selector.select(this::serve, SELECT_MILLIS);
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

    private void serve(SelectionKey key) {
        ((FleetClient) key.attachment()).ready(key, buffer.clear());
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
