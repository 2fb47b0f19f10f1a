package dev.carillon.client;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Stored events, from {@link CarillonClient#history}.
 *
 * @param last where the next page begins, if {@code more} is true
 * @param gap whether events between the given position and these are missing, or may be
 */
public record HistoryPage(List<FeedEvent> events, String last, boolean more, boolean gap) {
    public HistoryPage {
        events = List.copyOf(events);
    }

    static HistoryPage of(Map<?, ?> answer) {
        List<FeedEvent> events = answer.get("events") instanceof List<?> list
                ? list.stream()
                        .filter(Map.class::isInstance)
                        .map(each -> FeedEvent.of((Map<?, ?>) each, "type"))
                        .toList()
                : List.of();
        return new HistoryPage(
                events,
                Objects.requireNonNullElse(Json.text(answer, "last"), ""),
                Boolean.TRUE.equals(answer.get("more")),
                Boolean.TRUE.equals(answer.get("gap")));
    }
}
