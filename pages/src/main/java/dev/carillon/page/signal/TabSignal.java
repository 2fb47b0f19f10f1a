package dev.carillon.page.signal;

import dev.carillon.page.Html;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A signal of one tab, in the memory of the node that owns its context. */
public final class TabSignal<T> implements Signal<T> {
    private final SignalKey key;
    private final SignalType<T> type;
    /** Written by one thread at a time. */
    private volatile T value;

    private final Consumer<SignalKey> onChange;
    private volatile boolean writable;

    /**
     * @param tab scope of the tab
     * @param onChange called after each change
     */
    public TabSignal(Scope tab, String name, T initial, SignalType<T> type, Consumer<SignalKey> onChange) {
        this.onChange = onChange;
        this.key = new SignalKey(tab, name);
        this.type = type;
        String _ = type.write(initial);
        this.value = initial;
    }

    public void makeWritable() {
        writable = true;
    }

    public boolean isWritable() {
        return writable;
    }

    /** @throws IllegalArgumentException with the rule of the type */
    public T parse(String text) {
        return type.read(text);
    }

    public void setParsed(String text) {
        set(parse(text));
    }

    public SignalKey key() {
        return key;
    }

    /** Whether the value is another one than this text, which the browser has sent and still shows. */
    public boolean differsFrom(String text) {
        return !plainText().equals(type.write(parse(text)));
    }

    /** The value as a form field has it; views do not depend on it by this. */
    public String plainText() {
        return type.write(value);
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
        onChange.accept(key);
        return next;
    }

    @Override
    public String text() {
        return Html.escape(type.write(get()));
    }
}
