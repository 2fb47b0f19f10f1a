package dev.carillon.delivery;

import dev.carillon.broadcast.EventHandler;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.micrometer.core.instrument.Counter;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queues events for one handler of the application and calls it on a virtual thread. Bounded by events, bytes and the node's memory budget:
 * an event beyond a bound is dropped, and the handler receives a gap.
 */
final class HandlerQueue {
    static final int MAX_EVENTS = 10_000;
    static final long MAX_BYTES = 8L * 1024 * 1024;

    /** Heap of an event's objects, and of each of its scopes, rounded up. */
    private static final int EVENT_OVERHEAD_BYTES = 400;

    private static final int SCOPE_OVERHEAD_BYTES = 100;
    private static final Logger LOGGER = LoggerFactory.getLogger(HandlerQueue.class);

    private final EventHandler handler;
    private final MemoryBudget budget;
    private final Counter gaps;
    private final Executor threads;

    // The fields below are guarded by this.
    private final Queue<Call> calls = new ArrayDeque<>();
    private long bytes;
    /** Gaps to report after the queued events and before the next one. */
    private final Set<EventHandler.Gap> pendingGaps = EnumSet.noneOf(EventHandler.Gap.class);

    private boolean running;
    private boolean closed;

    /**
     * A call of the handler.
     *
     * @param before gaps to report first
     * @param event null: gaps only
     */
    private record Call(
            Set<EventHandler.Gap> before, @Nullable Event event, String id, long bytes) {}

    /** @param threads runs each task on a thread that may block */
    HandlerQueue(EventHandler handler, MemoryBudget budget, Counter gaps, Executor threads) {
        this.handler = handler;
        this.budget = budget;
        this.gaps = gaps;
        this.threads = threads;
    }

    synchronized void event(Event event, String id) {
        if (closed) {
            return;
        }
        long more = size(event, id);
        // An empty queue accepts an event of any size.
        boolean full = !calls.isEmpty() && (calls.size() >= MAX_EVENTS || bytes + more > MAX_BYTES);
        if (full || !budget.charge(MemoryBudget.NO_ADDRESS, MemoryBudget.Use.LISTENERS, more)) {
            if (pendingGaps.add(EventHandler.Gap.SLOW)) {
                gaps.increment();
            }
        } else {
            bytes += more;
            calls.add(new Call(removePendingGaps(), event, id, more));
        }
        start();
    }

    synchronized void gap(EventHandler.Gap gap) {
        if (!closed) {
            pendingGaps.add(gap);
            start();
        }
    }

    private Set<EventHandler.Gap> removePendingGaps() {
        if (pendingGaps.isEmpty()) {
            return Set.of();
        }
        Set<EventHandler.Gap> removed = EnumSet.copyOf(pendingGaps);
        pendingGaps.clear();
        return removed;
    }

    private void start() {
        if (!running) {
            running = true;
            threads.execute(this::run);
        }
    }

    private synchronized @Nullable Call next() {
        Call call = closed ? null : calls.poll();
        if (call == null && !closed && !pendingGaps.isEmpty()) {
            call = new Call(removePendingGaps(), null, "", 0);
        }
        if (call == null) {
            running = false;
        } else {
            release(call.bytes());
        }
        return call;
    }

    private void release(long less) {
        bytes -= less;
        budget.release(MemoryBudget.NO_ADDRESS, MemoryBudget.Use.LISTENERS, less);
    }

    private void run() {
        for (Call call = next(); call != null; call = next()) {
            for (EventHandler.Gap gap : call.before()) {
                safely(() -> handler.gap(gap));
            }
            Event event = call.event();
            if (event != null) {
                String id = call.id();
                safely(() -> handler.event(event, id));
            }
        }
    }

    // The handler receives the next event whatever it throws.
    @SuppressWarnings("CatchAndPrintStackTrace")
    private static void safely(Runnable call) {
        try {
            call.run();
        } catch (Throwable e) {
            LOGGER.atError().setCause(e).log("an event handler of the application failed");
        }
    }

    private static long size(Event event, String id) {
        long characters = (long) event.data().length() + id.length() + length(event.type()) + length(event.key());
        for (Scope scope : event.scopes()) {
            characters += scope.text().length() + SCOPE_OVERHEAD_BYTES;
        }
        return EVENT_OVERHEAD_BYTES + 2 * characters;
    }

    private static int length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }

    /** Discards queued events; a call in progress is not interrupted. */
    synchronized void close() {
        closed = true;
        calls.clear();
        pendingGaps.clear();
        release(bytes);
    }
}
