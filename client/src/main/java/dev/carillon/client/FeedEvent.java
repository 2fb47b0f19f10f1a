package dev.carillon.client;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An event of a {@link Feed} or of the history.
 *
 * @param id empty for events without history
 * @param type {@code message} if the event has none
 * @param data the text, or the text of the JSON value
 * @param scopes such as {@code topic:orders}. Of tabs, sessions and users an event with several scopes has only the kind, such as {@code user}
 */
public record FeedEvent(Optional<String> id, String type, String data, List<String> scopes) {
    static final String DATA = "data";

    public FeedEvent {
        scopes = List.copyOf(scopes);
    }

    /**
     * @param message read with {@link #DATA} as {@link Json.Raw}
     * @param typeMember name of the member with the type
     */
    static FeedEvent of(Map<?, ?> message, String typeMember) {
        return new FeedEvent(
                Optional.ofNullable(Json.text(message, "id")),
                Objects.requireNonNullElse(Json.text(message, typeMember), "message"),
                data(message.get(DATA)),
                strings(message.get("scopes")));
    }

    private static String data(@Nullable Object value) {
        return switch (value) {
            case String text -> text;
            case Json.Raw raw -> raw.text();
            case null, default -> "";
        };
    }

    static List<String> strings(@Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream()
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList()
                : List.of();
    }
}
