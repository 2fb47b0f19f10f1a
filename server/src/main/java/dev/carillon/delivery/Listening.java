package dev.carillon.delivery;

import dev.carillon.scope.Event;
import io.micrometer.core.instrument.Counter;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One handler with the queue before it. */
final class Listening {
    /** Of one queue: events, and characters of their data. Beyond either what comes is left out, and the handler told of a gap. */
    static final int MAX_EVENTS = 10_000;

    static final int MAX_CHARACTERS = 4 * 1024 * 1024;

    private static final Logger LOGGER = LoggerFactory.getLogger(Listening.class);

    private final EventHandler handler;
    private final Counter gaps;
    private final String name;

    // Below: guarded by this.
    private final Queue<Item> queue = new ArrayDeque<>();
    private int characters;
    /** What came last was left out. */
    private boolean overflows;

    private boolean runs;
    private boolean closed;

    private record Item(@Nullable Event event, String id, EventHandler.@Nullable Gap gap) {
        int characters() {
            return event == null ? 0 : event.data().length();
        }
    }

    Listening(EventHandler handler, Counter gaps, String name) {
        this.handler = handler;
        this.gaps = gaps;
        this.name = name;
    }

    void event(Event event, String id) {
        add(new Item(event, id, null));
    }

    void gap(EventHandler.Gap gap) {
        add(new Item(null, "", gap));
    }

    private synchronized void add(Item item) {
        if (closed) {
            return;
        }
        int more = item.characters();
        // One that is alone has room, whatever its size; and so has what tells of a gap.
        boolean full = !queue.isEmpty() && (queue.size() >= MAX_EVENTS || characters + more > MAX_CHARACTERS);
        if (full) {
            if (!overflows) {
                overflows = true;
                gaps.increment();
                queue.add(new Item(null, "", EventHandler.Gap.SLOW));
            }
            return;
        }
        overflows = false;
        queue.add(item);
        characters += more;
        if (!runs) {
            runs = true;
            Thread.ofVirtual().name(name).start(this::run);
        }
    }

    private synchronized @Nullable Item next() {
        Item item = closed ? null : queue.poll();
        if (item == null) {
            runs = false;
        } else {
            characters -= item.characters();
        }
        return item;
    }

    private void run() {
        for (Item item = next(); item != null; item = next()) {
            try {
                if (item.event() != null) {
                    handler.event(item.event(), item.id());
                } else if (item.gap() != null) {
                    handler.gap(item.gap());
                }
            } catch (Exception e) {
                LOGGER.atError().setCause(e).log("a listener of the application failed");
            }
        }
    }

    synchronized void close() {
        closed = true;
        queue.clear();
    }
}
