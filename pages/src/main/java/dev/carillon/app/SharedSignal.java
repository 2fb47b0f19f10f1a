package dev.carillon.app;

import dev.carillon.scope.Scope;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A signal that all nodes share. */
final class SharedSignal<T> implements Signal<T> {
    private final SignalKey key;
    private final SignalType<T> type;
    private final T initial;
    private final SharedState state;

    SharedSignal(SharedState state, Scope scope, String name, T initial, SignalType<T> type) {
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

    @Override
    public T update(UnaryOperator<T> change) {
        Rendering.changing(key);
        ActionRun.requireOpen();
        return value(state.update(key, old -> type.write(change.apply(value(old)))));
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
            throw new IllegalStateException(
                    key + ": the stored value " + e.getMessage() + "; another application uses this name", e);
        }
    }
}
