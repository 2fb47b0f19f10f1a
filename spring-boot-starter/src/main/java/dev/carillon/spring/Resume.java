package dev.carillon.spring;

import dev.carillon.client.ClientException;
import dev.carillon.client.FeedEvent;
import dev.carillon.client.Gap;
import dev.carillon.client.HistoryPage;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The events that a client missed, and the step from them to live events without a gap or a repetition.
 *
 * <p>Live events wait from position K on. The client has received everything up to position X, from this instance or from another one, whose connection may be
 * ahead: X can be before or after K. So two ranges are read from the history: from K on, and then from X on, which is written. A live event of one of them was
 * written or is before X, and is dropped. The first live event that is in neither ends this, as both ranges reach to the end of the log at the time of reading,
 * and live events are in its order. For one thread.
 */
final class Resume {
    private static final String INVALID_CURSOR = "invalid-cursor";
    /** More of them after K: the connection of this instance is far behind. */
    private static final int MAX_AHEAD = 10_000;
    /** Of the events that were written, only those after K come again: at most as many as wait. */
    private static final int MAX_WRITTEN = 10_000;

    private final EventSource source;
    private final List<String> scopes;
    private final SseOutput output;
    private final Set<String> ahead = new HashSet<>();
    private final Set<String> written = new LinkedHashSet<>();

    Resume(EventSource source, List<String> scopes, SseOutput output) {
        this.source = source;
        this.scopes = scopes;
        this.output = output;
    }

    /**
     * Writes the missed events.
     *
     * @param live cursor of K
     * @param last id or cursor of X
     */
    void run(String live, String last) throws IOException, InterruptedException {
        HistoryPage page = source.history(scopes, live);
        page.events().forEach(event -> ahead.add(key(event)));
        while (page.more()) {
            if (ahead.size() > MAX_AHEAD) {
                throw new IOException("the connection to the cluster is behind by more than " + MAX_AHEAD + " events");
            }
            page = source.history(scopes, page.last());
            page.events().forEach(event -> ahead.add(key(event)));
        }
        try {
            page = source.history(scopes, last);
        } catch (ClientException e) {
            if (e.code().equals(INVALID_CURSOR)) {
                ahead.clear();
                output.gap(new Gap("unknown", Optional.empty(), 0), Optional.of(live));
                return;
            }
            throw e;
        }
        write(page);
        while (page.more()) {
            page = source.history(scopes, page.last());
            write(page);
        }
    }

    private void write(HistoryPage page) throws IOException {
        if (page.gap()) {
            output.gap(new Gap("history", Optional.empty(), 0), Optional.empty());
        }
        for (FeedEvent event : page.events()) {
            output.event(event);
            written.add(key(event));
            if (written.size() > MAX_WRITTEN) {
                written.remove(written.iterator().next());
            }
        }
    }

    /** Whether a live event is one that the client has. To be called for each, in order. */
    boolean isRepeat(FeedEvent event) {
        if (event.id().isEmpty() || ahead.isEmpty() && written.isEmpty()) {
            return false;
        }
        String key = key(event);
        boolean wasAhead = ahead.remove(key);
        if (written.remove(key) || wasAhead) {
            return true;
        }
        ahead.clear();
        written.clear();
        return false;
    }

    /** An id can be used again in other scopes. */
    private static String key(FeedEvent event) {
        return event.id().orElse("") + '\n' + event.type();
    }
}
