package dev.carillon.page.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one run of the code of a page did: an action, a hook, a timer, a handler, the opening of a page, or the rendering of a change that came from elsewhere. The run has
 * one thread, which finds its trace by {@link #current}; a second thread of an action notes nothing. Each part has at most {@value #MAX_ENTRIES} entries. Thread-safe.
 */
public final class PageTrace {
    /** Kind of a rendering that no code of a page on this node has caused. */
    public static final String CHANGE = "change";

    private static final int MAX_ENTRIES = 100;
    private static final long NANOS_PER_MICRO = 1_000;

    static final ScopedValue<PageTrace> CURRENT = ScopedValue.newInstance();

    private final Subject subject;
    private final LongSupplier nanoTime;
    private final long begun;
    // Below: guarded by this.
    private final Map<String, String> input = new LinkedHashMap<>();
    private final Set<String> reads = new LinkedHashSet<>();
    private final Map<String, String> writes = new LinkedHashMap<>();
    private final List<Map<String, Object>> views = new ArrayList<>();
    private final Set<String> named = new LinkedHashSet<>();
    private final List<Map<String, Object>> patches = new ArrayList<>();
    private final List<String> log = new ArrayList<>();
    private final List<Map<String, Object>> elsewhere = new ArrayList<>();
    private String failure = "";
    private long micros = -1;

    /**
     * What ran.
     *
     * @param kind such as {@code action}
     * @param name of the action, or a word for other code
     * @param context id of the tab; empty: none
     * @param path of the page; empty: none
     */
    public record Subject(String kind, String name, String context, String path) {}

    PageTrace(Subject subject, LongSupplier nanoTime) {
        this.subject = subject;
        this.nanoTime = nanoTime;
        this.begun = nanoTime.getAsLong();
    }

    /** The trace of the code that this thread runs; null: nothing is traced. */
    public static @Nullable PageTrace current() {
        return CURRENT.isBound() ? CURRENT.get() : null;
    }

    /** Notes that a signal was read, outside of a view. */
    public static void read(Supplier<String> signal) {
        PageTrace trace = current();
        if (trace != null) {
            trace.noteRead(signal.get());
        }
    }

    private synchronized void noteRead(String signal) {
        if (reads.size() < MAX_ENTRIES) {
            reads.add(signal);
        }
    }

    /** Notes that a signal was written. */
    public synchronized void wrote(String signal, String name, String value) {
        if (writes.size() < MAX_ENTRIES || writes.containsKey(signal)) {
            writes.put(signal, Secrets.shown(name, value));
        }
    }

    /** Notes the fields of a form. */
    public static void input(Map<String, String> fields) {
        PageTrace trace = current();
        if (trace != null) {
            trace.noteInput(fields);
        }
    }

    private synchronized void noteInput(Map<String, String> fields) {
        fields.forEach((name, value) -> input.put(name, Secrets.shown(name, value)));
    }

    /** A moment for {@link #view}. */
    public long nanoTime() {
        return nanoTime.getAsLong();
    }

    /** How the rendering of a view ended. */
    public enum Outcome {
        /** It is sent, or part of a page that is loaded. */
        RENDERED,
        /** The HTML is equal, so it is not sent. */
        UNCHANGED,
        FAILED,
        /** Of another tab, and taken as it was. */
        FROM_CACHE,
        /** It reads none of the signals that have changed. */
        NOT_AFFECTED
    }

    /**
     * Notes what became of a view.
     *
     * @param scope of the view, such as {@code tab}
     * @param begun when its rendering began
     * @param signals those that it reads and that have changed; of one that is not affected, those that it reads
     */
    public synchronized void view(String name, String scope, Outcome outcome, long begun, Collection<String> signals) {
        named.add(name + " " + scope);
        if (views.size() < MAX_ENTRIES) {
            boolean ran = outcome != Outcome.NOT_AFFECTED && outcome != Outcome.FROM_CACHE;
            views.add(Map.of(
                    "name",
                    name,
                    "scope",
                    scope,
                    "outcome",
                    outcome,
                    "micros",
                    ran ? (nanoTime() - begun) / NANOS_PER_MICRO : 0,
                    "signals",
                    List.copyOf(signals)));
        }
    }

    /** Whether something was noted of a view. */
    public synchronized boolean hasView(String name, String scope) {
        return named.contains(name + " " + scope);
    }

    /**
     * What was sent because of signals that were not written by the code of a page on this node.
     *
     * @param signals that have changed
     * @param recipients streams of this node, those of all patches
     * @param bytes of all patches
     */
    public record Change(List<String> signals, int recipients, int bytes) {}

    /** Null: this is the trace of something else, or nothing was sent. */
    public synchronized @Nullable Change change() {
        if (!subject.kind().equals(CHANGE) || patches.isEmpty()) {
            return null;
        }
        return new Change(List.copyOf(reads), sum("recipients"), sum("bytes"));
    }

    private int sum(String part) {
        return patches.stream()
                .mapToInt(patch -> patch.get(part) instanceof Integer number ? number : 0)
                .sum();
    }

    synchronized boolean wroteAny(Collection<String> signals) {
        return !Collections.disjoint(writes.keySet(), signals);
    }

    synchronized boolean hasElsewhere(String node) {
        return elsewhere.stream().anyMatch(sent -> node.equals(sent.get("node")));
    }

    /** Notes what another node has sent because of this. */
    synchronized void elsewhere(String node, int recipients, int bytes) {
        if (elsewhere.size() < MAX_ENTRIES) {
            elsewhere.add(Map.of("node", node, "recipients", recipients, "bytes", bytes));
        }
    }

    /** Whether anything was rendered or sent. */
    synchronized boolean hasEffect() {
        return !patches.isEmpty() || views.stream().anyMatch(view -> view.get("outcome") != Outcome.NOT_AFFECTED);
    }

    /**
     * Notes that patches were sent.
     *
     * @param targets elements that they change
     * @param recipients streams of this node that receive them
     */
    public synchronized void sent(String scope, Collection<String> targets, int bytes, int recipients) {
        if (patches.size() < MAX_ENTRIES) {
            patches.add(
                    Map.of("scope", scope, "targets", List.copyOf(targets), "bytes", bytes, "recipients", recipients));
        }
    }

    synchronized void logged(String line) {
        if (log.size() < MAX_ENTRIES) {
            log.add(Secrets.shown("", line));
        }
    }

    /** Notes the failure of the code. */
    public static void failed(Throwable e) {
        PageTrace trace = current();
        if (trace != null) {
            trace.noteFailure(e.toString());
        }
    }

    private synchronized void noteFailure(String message) {
        failure = Secrets.shown("", message);
    }

    synchronized void end() {
        micros = (nanoTime() - begun) / NANOS_PER_MICRO;
    }

    /** For JSON. */
    synchronized Map<String, Object> describe(long id, long number) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("id", id);
        all.put("number", number);
        all.put("kind", subject.kind());
        all.put("name", subject.name());
        all.put("context", PageTracer.shortened(subject.context()));
        all.put("path", subject.path());
        all.put("micros", micros);
        all.put("input", new LinkedHashMap<>(input));
        all.put("reads", List.copyOf(reads));
        all.put("writes", new LinkedHashMap<>(writes));
        all.put("views", List.copyOf(views));
        all.put("patches", List.copyOf(patches));
        all.put("elsewhere", List.copyOf(elsewhere));
        all.put("log", List.copyOf(log));
        all.put("failure", failure);
        return all;
    }
}
