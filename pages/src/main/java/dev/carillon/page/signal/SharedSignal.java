package dev.carillon.page.signal;

import dev.carillon.page.Html;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.scope.Scope;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A signal that all nodes share. */
public final class SharedSignal<T> implements Signal<T> {
    private static final Logger LOGGER = LoggerFactory.getLogger(SharedSignal.class);

    private final SignalKey key;
    private final SignalType<T> type;
    private final T initial;
    private final SharedState state;
    /** The last text that was logged. */
    private volatile @Nullable String unreadable;

    public SharedSignal(SharedState state, Scope scope, String name, T initial, SignalType<T> type) {
        this.key = new SignalKey(scope, name);
        this.type = type;
        this.initial = initial;
        this.state = state;
        String _ = type.write(initial);
    }

    @Override
    public String name() {
        return key.name();
    }

    @Override
    public Scope scope() {
        return key.scope();
    }

    @Override
    public T get() {
        Rendering.reading(key);
        return value(state.read(key));
    }

    /** Does not read the old value, so it also replaces one that the type cannot read. */
    @Override
    public void set(T value) {
        Rendering.changing(key);
        ActionRun.requireOpen();
        ActionRun.effect();
        String text = type.write(value);
        String _ = state.update(key, old -> text);
        trace(text);
    }

    @Override
    public T update(UnaryOperator<T> change) {
        Rendering.changing(key);
        ActionRun.requireOpen();
        ActionRun.effect();
        String text = state.update(key, old -> type.write(change.apply(value(old))));
        trace(text);
        return value(text);
    }

    private void trace(@Nullable String text) {
        PageTrace trace = PageTrace.current();
        if (trace != null) {
            trace.wrote(key.shown(), key.name(), String.valueOf(text));
        }
    }

    @Override
    public String text() {
        return Html.escape(type.write(get()));
    }

    private T value(@Nullable String text) {
        if (text == null) {
            return initial;
        }
        try {
            return type.read(text);
        } catch (IllegalArgumentException e) {
            if (!text.equals(unreadable)) {
                unreadable = text;
                LOGGER.warn(
                        "{}: the stored value {}, so it is taken as the initial one; another release or application wrote it",
                        key,
                        e.getMessage());
            }
            return initial;
        }
    }
}
