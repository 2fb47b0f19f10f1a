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
 * Replays the subscription announcements that one connection may have missed, page by page from their short log. The connection's live events
 * must be buffered already. Reads are shared with other connections.
 *
 * @param sinceMillis broker time of the first announcement to replay
 */
record AnnouncementReplay(
        SharedReads shared,
        FanOut fanOut,
        Connection connection,
        List<Interest> interests,
        ReadFilter filter,
        long sinceMillis) {

    /** Tolerates different clocks of the two logs, which may be on two broker servers: rather repeat announcements than miss one. */
    private static final long CLOCK_TOLERANCE_MILLIS = 5_000;

    /** @return the position up to which the connection has received all announcements; a gap is announced if the log no longer has some */
    CompletionStage<Position> run() {
        return readNext(Position.NONE, shared.nanoTime(), false);
    }

    private CompletionStage<Position> readNext(Position after, long bufferedSinceNanos, boolean gapSent) {
        return shared.read(filter.tenant(), after, bufferedSinceNanos).thenCompose(page -> {
            Position last = page.last();
            boolean more = page.more();
            boolean gap = !gapSent && isGap(after, page);
            // The page is not referenced while the client reads nothing.
            return write(part(page, gap))
                    .thenCompose(x -> more
                            ? readNext(last, bufferedSinceNanos, gapSent || gap)
                            : CompletableFuture.completedFuture(last));
        });
    }

    private boolean isGap(Position after, Page page) {
        if (!after.equals(Position.NONE)) {
            return page.incomplete() || page.last().epoch() != after.epoch();
        }
        if (sinceMillis == 0 || page.events().isEmpty()) {
            return false;
        }
        // The log begins after the requested time, so earlier announcements may be missing.
        Position oldest = page.events().getFirst().at();
        return oldest.sequence() > 1 && oldest.atMillis() > sinceMillis;
    }

    private byte[] part(Page page, boolean gap) {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        if (gap) {
            part.writeBytes(fanOut.gap(connection, "history", null));
        }
        for (Live live : page.events()) {
            if (live.at().atMillis() >= sinceMillis - CLOCK_TOLERANCE_MILLIS && matches(live.event())) {
                fanOut.encodeFor(connection, live, interests).ifPresent(part::writeBytes);
            }
        }
        return part.toByteArray();
    }

    private CompletionStage<Void> write(byte[] part) {
        return part.length == 0
                ? CompletableFuture.completedFuture(null)
                : fanOut.replay(connection, part)
                        .thenCompose(written -> written
                                ? CompletableFuture.completedFuture(null)
                                : fanOut.awaitReplayWritten(connection));
    }

    private boolean matches(Event event) {
        return event.scopes().stream().anyMatch(filter::covers);
    }
}
