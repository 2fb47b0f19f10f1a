package dev.carillon.page.trace;

import dev.carillon.extension.Development;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The last traces of an application on one node, at most {@value #MAX}. Exists in development mode alone. Thread-safe. */
public final class PageTracer {
    static final int MAX = 200;

    private static final int ID_CHARS = 8;
    private static final int MAX_EARLY = 50;
    /** Longer than the time limit of an action. */
    private static final long MAX_ACTION_NANOS = 5_000_000_000L;

    private final LongSupplier nanoTime;
    private final List<Consumer<PageTrace>> listeners = new CopyOnWriteArrayList<>();
    /** Guarded by itself, with the number of the last one. */
    private final Deque<Numbered> traces = new ArrayDeque<>();

    private long last;
    /** What other nodes have sent because of actions that have not ended yet. Guarded by the traces. */
    private final Deque<Elsewhere> early = new ArrayDeque<>();

    /**
     * A trace.
     *
     * @param number grows when something is added to the trace later
     */
    private record Numbered(long id, long number, PageTrace trace) {}

    private record Elsewhere(List<String> signals, String node, int recipients, int bytes, long nanos) {}

    /** @param nanoTime monotonic clock */
    public PageTracer(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Adds code that is called after each trace; it must not block. */
    public void onTrace(Consumer<PageTrace> listener) {
        listeners.add(listener);
    }

    /** Runs code, and keeps the trace of it if it did something that pages show. */
    public void run(PageTrace.Subject subject, Runnable code) {
        PageTrace trace = new PageTrace(subject, nanoTime);
        try {
            Development.logging(
                    trace::logged,
                    () -> ScopedValue.where(PageTrace.CURRENT, trace).run(code));
        } finally {
            trace.end();
            if (!subject.context().isEmpty() || trace.hasEffect()) {
                add(trace);
            }
        }
    }

    private void add(PageTrace trace) {
        synchronized (traces) {
            early.removeIf(sent -> {
                boolean matches = trace.wroteAny(sent.signals());
                if (matches) {
                    trace.elsewhere(sent.node(), sent.recipients(), sent.bytes());
                }
                return matches || nanoTime.getAsLong() - sent.nanos() > MAX_ACTION_NANOS;
            });
            last++;
            traces.addLast(new Numbered(last, last, trace));
            if (traces.size() > MAX) {
                traces.removeFirst();
            }
        }
        listeners.forEach(listener -> listener.accept(trace));
    }

    /**
     * Adds what another node has sent to the last trace that wrote one of the signals, or to the next one if it ends soon.
     *
     * @param signals as in {@link PageTrace.Change}
     */
    public void elsewhere(List<String> signals, String node, int recipients, int bytes) {
        PageTrace found;
        synchronized (traces) {
            Numbered numbered = lastWriter(signals);
            // One that has heard of this node already is that of an action before.
            if (numbered == null || numbered.trace().hasElsewhere(node)) {
                early.addLast(new Elsewhere(signals, node, recipients, bytes, nanoTime.getAsLong()));
                if (early.size() > MAX_EARLY) {
                    early.removeFirst();
                }
                return;
            }
            found = numbered.trace();
            found.elsewhere(node, recipients, bytes);
            traces.remove(numbered);
            last++;
            traces.addLast(new Numbered(numbered.id(), last, found));
        }
        listeners.forEach(listener -> listener.accept(found));
    }

    private @Nullable Numbered lastWriter(List<String> signals) {
        for (Iterator<Numbered> all = traces.descendingIterator(); all.hasNext(); ) {
            Numbered next = all.next();
            if (next.trace().wroteAny(signals)) {
                return next;
            }
        }
        return null;
    }

    /** The number of the last trace; 0: there was none. */
    public long last() {
        synchronized (traces) {
            return last;
        }
    }

    /** The traces after one, for JSON. */
    public List<Map<String, Object>> after(long number) {
        List<Numbered> found;
        synchronized (traces) {
            found = traces.stream().filter(trace -> trace.number() > number).toList();
        }
        List<Map<String, Object>> all = new ArrayList<>();
        found.forEach(trace -> all.add(trace.trace().describe(trace.id(), trace.number())));
        return all;
    }

    /** The beginning of an id, which names it without giving access. */
    public static String shortened(String id) {
        return id.substring(0, Math.min(ID_CHARS, id.length()));
    }
}
