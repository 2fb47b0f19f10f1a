package dev.carillon.page.signal;

import dev.carillon.page.Html;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.scope.Scope;
import java.util.function.UnaryOperator;

/** A signal of one tab, in the memory of the node that owns its context. */
public final class TabSignal<T> implements Signal<T> {
    private final SignalKey key;
    private final SignalType<T> type;
    /** Written by one thread at a time. */
    private volatile T value;

    /** Characters of the value as text. Guarded by this. */
    private int length;

    private final Tab tab;
    private volatile boolean writable;

    /** The tab of a signal. */
    public interface Tab {
        /**
         * A value is about to be replaced by one whose text has another length.
         *
         * @param more characters; negative: fewer
         * @throws dev.carillon.base.CarillonException when it has no memory for them: the value stays
         */
        void resize(int more);

        /** After each change. */
        void changed(SignalKey key);
    }

    /** @param scope of the tab */
    public TabSignal(Scope scope, String name, T initial, SignalType<T> type, Tab tab) {
        this.tab = tab;
        this.key = new SignalKey(scope, name);
        this.type = type;
        this.length = type.write(initial).length();
        tab.resize(length);
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
            int nextLength = type.write(next).length();
            if (nextLength != length) {
                tab.resize(nextLength - length);
                length = nextLength;
            }
            value = next;
        }
        PageTrace trace = PageTrace.current();
        if (trace != null) {
            trace.wrote(key.shown(), key.name(), type.write(next));
        }
        tab.changed(key);
        return next;
    }

    @Override
    public String text() {
        return Html.escape(type.write(get()));
    }
}
