package dev.carillon.client;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    /** @throws ClientException the answer is not one of a node */
    static HistoryPage of(Map<?, ?> answer) {
        if (!(answer.get("events") instanceof List<?> list)) {
            throw ClientException.invalidAnswer("it has no events", null);
        }
        return new HistoryPage(
                list.stream().map(HistoryPage::event).toList(),
                Json.required(answer, "last"),
                Boolean.TRUE.equals(answer.get("more")),
                Boolean.TRUE.equals(answer.get("gap")));
    }

    private static FeedEvent event(@Nullable Object each) {
        if (each instanceof Map<?, ?> event) {
            return FeedEvent.of(event, "type");
        }
        throw ClientException.invalidAnswer("an event is no object", null);
    }
}
