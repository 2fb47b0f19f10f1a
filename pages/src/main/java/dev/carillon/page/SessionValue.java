package dev.carillon.page;

/**
 * A value that each browser has for itself, in all tabs and on all nodes. It expires 24 hours after the last write to the data of its session.
 *
 * @param name identifies the value
 * @param initial its value before the first write
 */
public record SessionValue<T>(String name, T initial, SignalType<T> type) {
    /** A value of text, a number, a boolean or an enum. */
    public static <T> SessionValue<T> of(String name, T initial) {
        return new SessionValue<>(name, initial, SignalType.ofValue(initial));
    }
}
