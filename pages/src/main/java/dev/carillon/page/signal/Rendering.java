package dev.carillon.page.signal;

import dev.carillon.page.trace.PageTrace;
import dev.carillon.scope.Scope;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The rendering of one view, which notes the signals that it reads. For one thread. */
public final class Rendering {
    private static final ScopedValue<Rendering> CURRENT = ScopedValue.newInstance();

    private final String view;
    private final Scope scope;
    private final Consumer<SignalKey> onRead;
    private final Set<SignalKey> reads = new HashSet<>();
    private final Map<String, String> blocks = new LinkedHashMap<>();
    private final Set<String> ids = new HashSet<>();
    private boolean inBlock;

    /** @param onRead called before the first read of each signal, so that no change after that read is missed */
    public Rendering(String view, Scope scope, Consumer<SignalKey> onRead) {
        this.view = view;
        this.scope = scope;
        this.onRead = onRead;
    }

    public String run(ScopedValue.CallableOp<String, RuntimeException> render) {
        return ScopedValue.where(CURRENT, this).call(render);
    }

    public Set<SignalKey> reads() {
        return reads;
    }

    /** The content of each block that can change alone, by the id of its element. */
    public Map<String, String> blocks() {
        return blocks;
    }

    /**
     * An element of a view that can change alone. Inside another block, and outside of a view, it is only an element. Its id begins with the name of the
     * view, because ids are those of the whole page.
     *
     * @param prefix of the component, as that of the names of its views
     * @throws IllegalArgumentException when the view has two blocks of this name
     */
    public static String block(String prefix, String name, Supplier<String> html) {
        return CURRENT.isBound() ? CURRENT.get().add(prefix, name, html) : element(prefix + name, html.get());
    }

    private String add(String prefix, String name, Supplier<String> html) {
        String id = view + "." + (view.startsWith(prefix) ? name : prefix + name);
        if (!ids.add(id)) {
            throw new IllegalArgumentException("view \"" + view + "\" has two blocks \"" + id + "\"");
        }
        if (inBlock) {
            return element(id, html.get());
        }
        inBlock = true;
        String content;
        try {
            content = html.get();
        } finally {
            inBlock = false;
        }
        blocks.put(id, content);
        return element(id, content);
    }

    /** An element of a page that can be patched. */
    public static String element(String id, String html) {
        return "<div id=\"" + id + "\">" + html + "</div>";
    }

    /** Whether this thread renders a view. */
    public static boolean isActive() {
        return CURRENT.isBound();
    }

    /** Called before the value of a signal is read. */
    public static void reading(SignalKey key) {
        if (CURRENT.isBound()) {
            CURRENT.get().read(key);
        } else {
            PageTrace.read(key::shown);
        }
    }

    /** Called before the value of a signal is changed. */
    static void changing(SignalKey key) {
        if (CURRENT.isBound()) {
            throw new IllegalStateException(
                    "view \"" + CURRENT.get().view + "\" changes " + key + ": only actions may change signals");
        }
    }

    private void read(SignalKey key) {
        if (isNarrower(key.scope(), scope)) {
            throw new IllegalStateException("view \"" + view + "\" of scope " + scope + " reads " + key
                    + ", which is narrower: give the view the scope of the signal");
        }
        if (reads.add(key)) {
            onRead.accept(key);
        }
    }

    /** Whether clients of {@code wide} may have different values of a signal of {@code scope}. */
    private static boolean isNarrower(Scope scope, Scope wide) {
        int rank = rank(scope.kind());
        int wideRank = rank(wide.kind());
        return rank < wideRank || rank == wideRank && scope.kind().personal() && !scope.equals(wide);
    }

    private static int rank(Scope.Kind kind) {
        return switch (kind) {
            case TAB -> 0;
            case SESSION -> 1;
            case USER -> 2;
            case ROUTE, TOPIC -> 3;
            case GLOBAL, SYSTEM -> 4;
        };
    }
}
