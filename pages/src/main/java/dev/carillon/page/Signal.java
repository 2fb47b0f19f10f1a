package dev.carillon.page;

import dev.carillon.scope.Scope;
import java.util.function.UnaryOperator;

/** A value whose changes are shown in all views that read it. Thread-safe. */
public interface Signal<T> {
    String name();

    /** The audience of the signal. */
    Scope scope();

    /**
     * The current value. Inside a view it also subscribes the view to the signal.
     *
     * @throws IllegalStateException inside a view whose scope is wider than that of the signal
     */
    T get();

    /**
     * Sets the value.
     *
     * @throws IllegalArgumentException when the value breaks the rule of the type
     * @throws dev.carillon.base.CarillonException of a shared signal: {@code too-large} beyond the bounds, {@code broker-unavailable}; the
     *     effect is unknown when the broker did not answer
     */
    default void set(T value) {
        update(old -> value);
    }

    /**
     * Replaces the value by a function of the old one. No concurrent update is lost: the function is called again with the newer value, so it must have no
     * other effect.
     *
     * @return the new value
     * @throws dev.carillon.base.CarillonException as {@link #set}, and {@code overloaded} when too many writers interfere
     */
    T update(UnaryOperator<T> change);

    /** The value, escaped for HTML. */
    String text();

    /** As {@link Page#field}. */
    default String field() {
        return "form=\"" + Action.FORM + "\" id=\"field-" + name() + "\" name=\"" + name() + "\" value=\"" + text()
                + "\"";
    }
}
