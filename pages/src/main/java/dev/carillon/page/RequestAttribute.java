package dev.carillon.page;

/**
 * A value that belongs to one request, such as what middleware found out about its user. It also reaches an action that runs on another node, as text.
 *
 * @param name identifies the attribute
 */
public record RequestAttribute<T>(String name, SignalType<T> type) {
    public static RequestAttribute<String> text(String name) {
        return new RequestAttribute<>(name, SignalType.text(SignalType.TEXT_MAX_CHARS));
    }
}
