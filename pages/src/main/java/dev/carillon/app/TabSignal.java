package dev.carillon.app;

import dev.carillon.scope.Scope;
import java.util.function.UnaryOperator;

/** A signal of one tab, in the memory of the node that owns its context. */
final class TabSignal<T> implements Signal<T> {
    private final SignalKey key;
    private final SignalType<T> type;
    /** Written by one thread at a time. */
    private volatile T value;

    private final PageContext context;
    private volatile boolean writable;

    TabSignal(PageContext context, String name, T initial, SignalType<T> type) {
        this.context = context;
        this.key = new SignalKey(Scope.tab(context.id()), name);
        this.type = type;
        String _ = type.write(initial);
        this.value = initial;
    }

    void makeWritable() {
        writable = true;
    }

    boolean isWritable() {
        return writable;
    }

    /** @throws IllegalArgumentException with the rule of the type */
    T parse(String text) {
        return type.read(text);
    }

    void setParsed(String text) {
        set(parse(text));
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
        return value;
    }

    @Override
    public T update(UnaryOperator<T> change) {
        Rendering.changing(key);
        ActionRun.requireOpen();
        T next;
        synchronized (this) {
            next = change.apply(value);
            String _ = type.write(next);
            value = next;
        }
        context.changed(key);
        return next;
    }

    @Override
    public String text() {
        return Html.escape(type.write(get()));
    }
}
