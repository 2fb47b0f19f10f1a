package dev.carillon.spring;

import dev.carillon.client.ClientException;
import dev.carillon.client.FeedEvent;
import dev.carillon.client.Gap;
import dev.carillon.client.HistoryPage;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * The events that a client missed, and the step from them to live events without a gap or a repetition.
 *
 * <p>Live events wait from position K on. The client has received everything up to position X, from this instance or from another one, whose connection may be
 * ahead: X can be before or after K. First the history after X is read to its end E, and written. Then that after K is read, which begins with the events up to
 * E: the client has them, and they will come live, in the same order. The history after E says where in it E is. Ids alone do not say it, as one may be used
 * again: the order does. For one thread.
 */
final class Resume {
    private static final String INVALID_CURSOR = "invalid-cursor";

    private final EventSource source;
    private final List<String> scopes;
    private final SseOutput output;
    private final int maxAhead;
    private final BooleanSupplier ended;
    /** Live events that the client has, in their order. */
    private final Queue<String> ahead = new ArrayDeque<>();

    /**
     * @param maxAhead how many events the connection may be behind
     * @param ended whether the client has left
     */
    Resume(EventSource source, List<String> scopes, SseOutput output, int maxAhead, BooleanSupplier ended) {
        this.source = source;
        this.scopes = scopes;
        this.output = output;
        this.maxAhead = maxAhead;
        this.ended = ended;
    }

    /**
     * Writes the missed events.
     *
     * @param live cursor of K
     * @param last id or cursor of X
     */
    void run(String live, String last) throws BehindException, IOException, InterruptedException {
        HistoryPage page;
        try {
            page = source.history(scopes, last);
        } catch (ClientException e) {
            if (e.code().equals(INVALID_CURSOR)) {
                output.gap(new Gap("unknown", Optional.empty(), 0), Optional.of(live));
                return;
            }
            throw e;
        }
        write(page);
        while (page.more() && !ended.getAsBoolean()) {
            page = source.history(scopes, page.last());
            write(page);
        }
        if (!ended.getAsBoolean()) {
            List<String> afterLive = after(live);
            List<String> afterEnd = keys(source.history(scopes, page.last()));
            ahead.addAll(afterLive.subList(0, end(afterLive, afterEnd)));
        }
    }

    private void write(HistoryPage page) throws IOException {
        if (page.gap()) {
            output.gap(new Gap("history", Optional.empty(), 0), Optional.empty());
        }
        for (FeedEvent event : page.events()) {
            if (ended.getAsBoolean()) {
                return;
            }
            output.event(event);
        }
    }

    private List<String> after(String position) throws BehindException, InterruptedException {
        HistoryPage page = source.history(scopes, position);
        List<String> after = new ArrayList<>(keys(page));
        while (page.more() && after.size() <= maxAhead) {
            page = source.history(scopes, page.last());
            after.addAll(keys(page));
        }
        if (after.size() > maxAhead) {
            throw new BehindException(maxAhead);
        }
        return after;
    }

    /** How many events of the first list are before the second one, which was read later, so that it goes on at least as far. */
    private static int end(List<String> events, List<String> later) {
        for (int i = 0; i < events.size() && !later.isEmpty(); i++) {
            int common = Math.min(events.size() - i, later.size());
            if (events.subList(i, i + common).equals(later.subList(0, common))) {
                return i;
            }
        }
        return events.size();
    }

    /** Whether a live event is one that the client has. To be called for each, in order. */
    boolean isRepeat(FeedEvent event) {
        if (event.id().isEmpty() || ahead.isEmpty()) {
            return false;
        }
        if (ahead.remove(key(event))) {
            return true;
        }
        // All that come now are later.
        ahead.clear();
        return false;
    }

    private List<String> keys(HistoryPage page) {
        return page.events().stream().map(this::key).toList();
    }

    private String key(FeedEvent event) {
        String own = event.scopes().stream().filter(scopes::contains).sorted().collect(Collectors.joining("\n"));
        return event.id().orElse("") + '\n' + event.type() + '\n' + own;
    }
}
