package dev.carillon.page.view;

import dev.carillon.base.Text;
import dev.carillon.page.signal.Rendering;
import dev.carillon.page.signal.SignalKey;
import dev.carillon.patch.Patch;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
    /** The last version whose HTML is equal to that of the one before. */
    private long renewed;

    private Set<SignalKey> reads = Set.of();
    /** The content of each block in the HTML, by its id. */
    private Map<String, String> blocks = Map.of();
    /** What the last change of the HTML changed. */
    private List<Patch> changes = List.of();

    public View(String name, Scope scope) {
        this.name = name;
        this.scope = scope;
    }

    /**
     * What a page shows of a view.
     *
     * @param renewed the last version that the browser must take although its HTML is equal; 0: none
     */
    public record Content(String name, String html, long version, long renewed) {
        /** A patch that shows the whole view to a browser that may show it already. */
        public Patch resent(long seen) {
            return seen < renewed ? new Patch.Content(name, html) : new Patch.Resent(name, html);
        }
    }

    public Content content() {
        return new Content(name, html, version, renewed);
    }

    public long version() {
        return version;
    }

    /** Patches that show the last change to those who have seen the version before. */
    public List<Patch> changes() {
        return changes;
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
        Map<String, String> nextBlocks = rendering.blocks().isEmpty() ? Map.of() : rendering.blocks();
        changes = version > 0 ? changes(next, nextBlocks) : List.of(new Patch.Content(name, next));
        html = next;
        blocks = nextBlocks;
        version++;
        return true;
    }

    /** Makes the HTML a new version though it is equal: the browser shows something else. */
    public void renew() {
        version++;
        renewed = version;
        changes = List.of(new Patch.Content(name, html));
    }

    /** The blocks that have changed, if nothing else has. */
    private List<Patch> changes(String next, Map<String, String> nextBlocks) {
        List<Patch> changed = new ArrayList<>();
        if (!blocks.isEmpty()
                && blocks.keySet().equals(nextBlocks.keySet())
                && frame(html, blocks).equals(frame(next, nextBlocks))) {
            nextBlocks.forEach((id, content) -> {
                if (!content.equals(blocks.get(id))) {
                    changed.add(new Patch.Content(id, content));
                }
            });
        }
        return changed.isEmpty() ? List.of(new Patch.Content(name, next)) : List.copyOf(changed);
    }

    /** The HTML without the contents of the blocks. */
    private static String frame(String html, Map<String, String> blocks) {
        StringBuilder frame = new StringBuilder();
        int from = 0;
        for (Map.Entry<String, String> block : blocks.entrySet()) {
            String element = Rendering.element(block.getKey(), block.getValue());
            int at = html.indexOf(element, from);
            if (at < 0) {
                // Not in the order of rendering, or changed by a template: not comparable.
                return html;
            }
            frame.append(html, from, at).append(Rendering.element(block.getKey(), ""));
            from = at + element.length();
        }
        return frame.append(html, from, html.length()).toString();
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
