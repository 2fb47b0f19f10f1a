package dev.carillon.page.context;

import dev.carillon.page.signal.SignalKey;
import dev.carillon.page.signal.TabSignal;
import dev.carillon.page.view.TabViews;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a page has declared for a tab, by name. Complete before the tab gets its page, and read by any thread from then on. */
public final class PageParts {
    private static final Logger LOGGER = LoggerFactory.getLogger(PageParts.class);

    private final Map<String, TabSignal<?>> signals = new HashMap<>();
    private final Map<String, Runnable> actions = new HashMap<>();
    private final Map<String, PageUpload> uploads = new HashMap<>();
    private final Map<String, TabViews.Declared> views = new LinkedHashMap<>();
    private String title;
    private String head = "";

    /** @param title unless the page declares another one */
    PageParts(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }

    void title(String text) {
        title = text;
    }

    /** Elements for the head of the page. */
    public String head() {
        return head;
    }

    void addHead(String html) {
        head += html;
    }

    /** In the order of declaration. */
    Map<String, TabViews.Declared> views() {
        return Collections.unmodifiableMap(views);
    }

    /** The values of all signals as text, by name. */
    Map<String, String> texts() {
        Map<String, String> texts = new TreeMap<>();
        signals.forEach((name, signal) -> texts.put(name, signal.plainText()));
        return texts;
    }

    /** Sets the signals to texts that another node has saved. One that its type does not take any more keeps its initial value. */
    void restore(Map<String, String> texts) {
        texts.forEach((name, text) -> {
            TabSignal<?> signal = signals.get(name);
            if (signal == null) {
                return;
            }
            try {
                signal.setParsed(text);
            } catch (IllegalArgumentException e) {
                LOGGER.atWarn()
                        .addKeyValue("signal", name)
                        .log("a saved value {}, so the signal has its initial one", e.getMessage());
            }
        });
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
        requireNew("view", view, views.putIfAbsent(view, new TabViews.Declared(scope, source)));
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

    /** All inputs. */
    public List<TabSignal<?>> inputs() {
        return signals.values().stream()
                .<TabSignal<?>>map(signal -> signal)
                .filter(TabSignal::isWritable)
                .toList();
    }

    /** The values of all inputs as text. */
    Map<TabSignal<?>, String> inputTexts() {
        Map<TabSignal<?>, String> texts = new HashMap<>();
        inputs().forEach(input -> texts.put(input, input.plainText()));
        return texts;
    }

    /** The inputs that have other values than these texts of their fields, or that are among others. */
    List<TabSignal<?>> rewritten(Map<String, String> fields, Set<String> others) {
        List<TabSignal<?>> other = new ArrayList<>();
        fields.forEach((field, text) -> {
            TabSignal<?> input = input(field);
            if (input != null && (others.contains(field) || input.differsFrom(text))) {
                other.add(input);
            }
        });
        return other;
    }

    /** Those inputs that are among the keys. */
    Set<TabSignal<?>> inputs(Set<SignalKey> keys) {
        Set<TabSignal<?>> found = new HashSet<>();
        for (SignalKey key : keys) {
            TabSignal<?> input = input(key.name());
            if (input != null && input.key().equals(key)) {
                found.add(input);
            }
        }
        return found;
    }

    /** The signal that the form field of this name writes; null: there is none. */
    @Nullable
    TabSignal<?> input(String name) {
        TabSignal<?> signal = signals.get(name);
        return signal != null && signal.isWritable() ? signal : null;
    }
}
