package dev.carillon.history;

import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The announcements of subscriptions that one connection may have missed, read page by page from their log, which is short. Its live
 * events must be held back already. Readings are shared with other connections.
 *
 * @param sinceMillis broker time from which on they are written
 */
record AnnouncementReplay(SharedReads shared, FanOut fanOut, Connection connection, Wanted wanted, long sinceMillis) {

    /** @return the position up to which the connection has everything */
    CompletionStage<Position> run() {
        return readOn(Position.NONE, System.nanoTime());
    }

    private CompletionStage<Position> readOn(Position after, long heldSinceNanos) {
        return shared.read(wanted.tenant(), after, heldSinceNanos).thenCompose(page -> {
            Position last = page.last();
            boolean more = page.more();
            // While the client takes nothing the page is not kept.
            return write(part(page))
                    .thenCompose(x -> more ? readOn(last, heldSinceNanos) : CompletableFuture.completedFuture(last));
        });
    }

    private byte[] part(Page page) {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        for (Live live : page.events()) {
            if (live.at().atMillis() >= sinceMillis && isWanted(live.event())) {
                fanOut.encodeFor(connection, live).ifPresent(part::writeBytes);
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
