package dev.carillon.history;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The announcements of subscriptions that one connection may have missed, read page by page from their log, which is short. Its live
 * events must be held back already. Readings are shared with other connections.
 *
 * @param sinceMillis broker time from which on they are written
 */
record AnnouncementReplay(
        SharedReads shared,
        FanOut fanOut,
        Connection connection,
        List<Interest> interests,
        Wanted wanted,
        long sinceMillis) {

    /** Of the clocks of two logs, which may be at two servers of a broker: rather repeat some than miss one. */
    private static final long MARGIN_MILLIS = 5_000;

    /** @return the position up to which the connection has everything; where some are gone it is told */
    CompletionStage<Position> run() {
        return readOn(Position.NONE, shared.nanoTime(), false);
    }

    private CompletionStage<Position> readOn(Position after, long heldSinceNanos, boolean told) {
        return shared.read(wanted.tenant(), after, heldSinceNanos).thenCompose(page -> {
            Position last = page.last();
            boolean more = page.more();
            boolean gap = !told && isGap(after, page);
            // While the client takes nothing the page is not kept.
            return write(part(page, gap))
                    .thenCompose(x ->
                            more ? readOn(last, heldSinceNanos, told || gap) : CompletableFuture.completedFuture(last));
        });
    }

    private boolean isGap(Position after, Page page) {
        if (!after.equals(Position.NONE)) {
            return page.incomplete() || page.last().epoch() != after.epoch();
        }
        if (sinceMillis == 0 || page.events().isEmpty()) {
            return false;
        }
        // The log begins later than the client wants: something before may be gone.
        Position oldest = page.events().getFirst().at();
        return oldest.sequence() > 1 && oldest.atMillis() > sinceMillis;
    }

    private byte[] part(Page page, boolean gap) {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        if (gap) {
            part.writeBytes(fanOut.gap(connection, "history", null));
        }
        for (Live live : page.events()) {
            if (live.at().atMillis() >= sinceMillis - MARGIN_MILLIS && isWanted(live.event())) {
                fanOut.encodeFor(connection, live, interests).ifPresent(part::writeBytes);
            }
        }
        return part.toByteArray();
    }

    private CompletionStage<Void> write(byte[] part) {
        return part.length == 0
                ? CompletableFuture.completedFuture(null)
                : fanOut.replay(connection, part)
                        .thenCompose(
                                taken -> taken ? CompletableFuture.completedFuture(null) : fanOut.taken(connection));
    }

    private boolean isWanted(Event event) {
        return event.scopes().stream().anyMatch(wanted::covers);
    }
}
