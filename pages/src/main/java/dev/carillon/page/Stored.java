package dev.carillon.page;

import java.util.function.UnaryOperator;

/**
 * A stored value of a session. Its methods block until the store answers. Thread-safe.
 *
 * <p>Changes are not shown by themselves: a value that views show is a signal of the scope {@link Page#session}.
 */
public interface Stored<T> {
    /** @throws dev.carillon.base.CarillonException {@code broker-unavailable} */
    T get();

    /**
     * Sets the value.
     *
     * @throws IllegalArgumentException when the value breaks the rule of its type
     * @throws dev.carillon.base.CarillonException as {@link #get}, and {@code too-large} when the data of the session exceed 16 KiB
     */
    default void set(T value) {
        update(old -> value);
    }

    /**
     * Replaces the value by a function of the old one. No concurrent change is lost: the function is called again with the newer value.
     *
     * @return the new value
     * @throws dev.carillon.base.CarillonException as {@link #set}, and {@code overloaded} when too many writers interfere
     */
    T update(UnaryOperator<T> change);

    /** Removes the value; it is the initial one again. */
    void clear();
}
