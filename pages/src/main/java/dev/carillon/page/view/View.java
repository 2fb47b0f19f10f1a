package dev.carillon.page.view;

import dev.carillon.base.Text;
import dev.carillon.page.signal.Rendering;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.scope.Scope;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A rendered part of a page. Guarded by the lock of its owner. */
public final class View {
    private final String name;
    private final Scope scope;
    private String html = "";
    /** Increases with each change of the HTML; 0: not rendered yet. */
    private long version;

    private Set<SignalKey> reads = Set.of();

    public View(String name, Scope scope) {
        this.name = name;
        this.scope = scope;
    }

    /** What a page shows of a view. */
    public record Content(String name, String html, long version) {}

    public Content content() {
        return new Content(name, html, version);
    }

    public long version() {
        return version;
    }

    public Set<SignalKey> reads() {
        return reads;
    }

    public boolean readsAny(Set<SignalKey> keys) {
        return !Collections.disjoint(reads, keys);
    }

    /**
     * Renders the view.
     *
     * @param onRead called before the first read of each signal
     * @return whether the HTML has changed
     */
    public boolean render(Supplier<String> source, Consumer<SignalKey> onRead) {
        Rendering rendering = new Rendering(name, scope, onRead);
        String next;
        try {
            next = checked(rendering.run(source::get));
        } catch (Throwable e) {
            // The last content depends on the old signals, and the next attempt on the new ones.
            Set<SignalKey> all = new HashSet<>(reads);
            all.addAll(rendering.reads());
            reads = all;
            throw e;
        }
        reads = rendering.reads();
        if (version > 0 && next.equals(html)) {
            return false;
        }
        html = next;
        version++;
        return true;
    }

    /** Makes the HTML a new version though it is equal: the browser shows something else. */
    public void renew() {
        version++;
    }

    private String checked(@Nullable String rendered) {
        if (rendered == null || !Text.isWellFormed(rendered)) {
            throw new IllegalStateException("view \"" + name + "\" "
                    + (rendered == null
                            ? "returned null"
                            : "must be well-formed Unicode, without unpaired surrogates"));
        }
        return rendered;
    }
}
