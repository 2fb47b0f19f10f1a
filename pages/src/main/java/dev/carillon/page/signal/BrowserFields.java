package dev.carillon.page.signal;

import dev.carillon.patch.Patch;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The fields of inputs in the browser that have other values than on the server. Guarded by the lock of the context. */
public final class BrowserFields {
    /** The texts that the browser has sent since the last flush. */
    private final Map<TabSignal<?>, String> received = new HashMap<>();
    /** Of a script that keeps signals: those that it must be told. */
    private final Set<TabSignal<?>> unsent = new LinkedHashSet<>();

    /** The browser has these values. */
    public void receive(Map<? extends TabSignal<?>, String> inputs) {
        received.putAll(inputs);
        unsent.removeAll(inputs.keySet());
    }

    /** The inputs that have other values than the browser has sent, since the last call: their views are sent again. */
    public Set<SignalKey> takeRewritten() {
        Set<SignalKey> keys = new HashSet<>();
        received.forEach((signal, text) -> {
            if (signal.differsFrom(text)) {
                keys.add(signal.key());
            }
        });
        received.clear();
        return keys;
    }

    /** These inputs have changed, perhaps to what the browser has sent. */
    public void changed(Set<TabSignal<?>> inputs) {
        for (TabSignal<?> input : inputs) {
            String text = received.get(input);
            if (text == null || input.differsFrom(text)) {
                unsent.add(input);
            }
        }
        received.clear();
    }

    /** The browser has all values, as it loads the page. */
    public void loaded() {
        received.clear();
        unsent.clear();
    }

    /** What the script must be told, since the last call; null: nothing. */
    public Patch.@Nullable Signals takeUnsent() {
        if (unsent.isEmpty()) {
            return null;
        }
        Patch.Signals patch = patch(unsent);
        unsent.clear();
        return patch;
    }

    /** The values of inputs. */
    public static Patch.Signals patch(Iterable<? extends TabSignal<?>> inputs) {
        Map<String, String> texts = new LinkedHashMap<>();
        Set<String> literals = new HashSet<>();
        for (TabSignal<?> input : inputs) {
            texts.put(input.name(), input.plainText());
            if (input.isLiteral()) {
                literals.add(input.name());
            }
        }
        return new Patch.Signals(texts, literals);
    }
}
