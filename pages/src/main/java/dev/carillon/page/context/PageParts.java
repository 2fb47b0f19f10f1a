package dev.carillon.page.context;

import dev.carillon.page.signal.TabSignal;
import dev.carillon.scope.Scope;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a page has declared for a tab, by name. Complete before the tab gets its page, and read by any thread from then on. */
public final class PageParts {
    private final Map<String, TabSignal<?>> signals = new HashMap<>();
    private final Map<String, Runnable> actions = new HashMap<>();
    private final Map<String, PageUpload> uploads = new HashMap<>();
    private final Map<String, DeclaredView> views = new LinkedHashMap<>();

    /** @param scope null: that of the tab */
    record DeclaredView(@Nullable Scope scope, Supplier<String> source) {}

    /** In the order of declaration. */
    Map<String, DeclaredView> views() {
        return Collections.unmodifiableMap(views);
    }

    <T> TabSignal<T> add(TabSignal<T> signal) {
        requireNew("signal", signal.name(), signals.putIfAbsent(signal.name(), signal));
        if (signal.isWritable()) {
            requireNew("field", signal.name(), uploads.get(signal.name()));
        }
        return signal;
    }

    PageUpload add(PageUpload upload) {
        requireNew("upload", upload.name(), uploads.putIfAbsent(upload.name(), upload));
        requireNew("field", upload.name(), input(upload.name()));
        return upload;
    }

    /** The files that a form may send in a field of this name; null: none. */
    public @Nullable PageUpload upload(String name) {
        return uploads.get(name);
    }

    void add(String action, Runnable run) {
        requireNew("action", action, actions.putIfAbsent(action, run));
    }

    void add(String view, @Nullable Scope scope, Supplier<String> source) {
        requireNew("view", view, views.putIfAbsent(view, new DeclaredView(scope, source)));
    }

    private static void requireNew(String kind, String name, @Nullable Object before) {
        if (before != null) {
            throw new IllegalArgumentException(kind + " \"" + name + "\" is declared twice");
        }
    }

    @Nullable
    Runnable action(String name) {
        return actions.get(name);
    }

    /** The signal that the form field of this name writes; null: there is none. */
    @Nullable
    TabSignal<?> input(String name) {
        TabSignal<?> signal = signals.get(name);
        return signal != null && signal.isWritable() ? signal : null;
    }
}
