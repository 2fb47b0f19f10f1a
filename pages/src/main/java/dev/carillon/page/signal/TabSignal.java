package dev.carillon.page.signal;

import dev.carillon.page.Html;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.scope.Scope;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A signal of one tab, in the memory of the node that owns its context. */
public final class TabSignal<T> implements Signal<T> {
    /** The largest whole number below which JavaScript has all. */
    private static final long MAX_SAFE = (1L << 53) - 1;

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

        /** The attributes of a field whose value the script of the page keeps; null: the field has its value itself. */
        @Nullable
        String binding(String name);
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
        try {
            return !plainText().equals(type.write(parse(text)));
        } catch (IllegalArgumentException e) {
            // Not one that this signal could have.
            return true;
        }
    }

    /** The value as a form field has it; views do not depend on it by this. */
    public String plainText() {
        return type.write(value);
    }

    /** Whether the value as text is a number or a boolean of JSON, and one that JavaScript has, too. */
    public boolean isLiteral() {
        T now = value;
        boolean known = switch (now) {
            case Integer _, Boolean _ -> true;
            case Double number -> Double.isFinite(number);
            case Long number -> Math.abs(number) <= MAX_SAFE;
            default -> false;
        };
        return known && type.write(now).equals(now.toString());
    }

    /** With a binding the view does not depend on the value: the script shows it. */
    @Override
    public String field() {
        String binding = tab.binding(name());
        return binding == null ? Signal.super.field() : binding;
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
