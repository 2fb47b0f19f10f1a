package dev.carillon.app;

import dev.carillon.scope.Scope;
import java.util.Collections;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A rendered part of a page. Guarded by the lock of its owner. */
final class View {
    private final String name;
    private final Scope scope;
    private String html = "";
    /** Increases with each change of the HTML; 0: not rendered yet. */
    private long version;

    private Set<SignalKey> reads = Set.of();

    View(String name, Scope scope) {
        this.name = name;
        this.scope = scope;
    }

    /** What a page shows of a view. */
    record Content(String name, String html, long version) {}

    Content content() {
        return new Content(name, html, version);
    }

    long version() {
        return version;
    }

    Set<SignalKey> reads() {
        return reads;
    }

    boolean readsAny(Set<SignalKey> keys) {
        return !Collections.disjoint(reads, keys);
    }

    /**
     * Renders the view.
     *
     * @param onRead called before the first read of each signal
     * @return whether the HTML has changed
     */
    boolean render(Supplier<String> source, Consumer<SignalKey> onRead) {
        Rendering rendering = new Rendering(name, scope, onRead);
        String next = rendering.run(source::get);
        reads = rendering.reads();
        if (version > 0 && next.equals(html)) {
            return false;
        }
        html = next;
        version++;
        return true;
    }
}
