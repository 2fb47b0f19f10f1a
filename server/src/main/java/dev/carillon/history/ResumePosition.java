package dev.carillon.history;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The position in the log that a {@code Last-Event-ID} refers to.
 *
 * <p>A broadcaster repeats a request that was not answered, with the same id. If the log had stored the event and lost it since, it stores the
 * repeated one in a later epoch. The id then leads a client that received the first one past all events in between. Which of the two a client
 * received cannot be known. Therefore a client that resumes with such an id receives a gap, for as long as an event may be a repeated one. A cursor
 * and a generated id contain their epoch and are not affected.
 *
 * @param since start of the position's epoch if the client may have received the event in an earlier epoch; else null
 */
record ResumePosition(Position at, @Nullable Position since) {
    /** Time after the start of an epoch during which an event may be a repeated one: the deduplication window and a tolerance for clocks. */
    private static final long REPEATED_MILLIS =
            BrokerOptions.ID_WINDOW.plusMinutes(1).toMillis();

    /**
     * Resolves a cursor, or an id that an event in the client's scopes has; empty for anything else. If several events have the id, the earliest
     * counts, so that events may be repeated but none is lost.
     *
     * @param mayRead whether the client may read an event that its templates match
     */
    static CompletionStage<Optional<ResumePosition>> of(
            Log log, ReadFilter filter, Predicate<Event> mayRead, String lastEventId) {
        if (Cursor.isCursor(lastEventId)) {
            return CompletableFuture.completedFuture(cursor(lastEventId).map(at -> new ResumePosition(at, null)));
        }
        Tenant tenant = filter.tenant();
        boolean patterns =
                !filter.templates().isEmpty() && EventIds.position(lastEventId).isEmpty();
        IdLookup lookup = new IdLookup(
                tenant, lastEventId, filter.scopes(), filter.templates().isEmpty() ? null : filter::covers);
        return log.find(lookup)
                .thenCompose(found -> patterns
                        ? readable(log, filter, mayRead, lastEventId, found)
                        : CompletableFuture.completedFuture(found.stream().findFirst()))
                .thenCompose(found -> {
                    Position at = found.orElse(null);
                    if (at == null || !mayBeRepeated(lastEventId, at)) {
                        return CompletableFuture.completedFuture(
                                found.map(certain -> new ResumePosition(certain, null)));
                    }
                    return log.epochs(tenant)
                            .thenApply(epochs -> Optional.of(new ResumePosition(at, epochStart(at, epochs))));
                });
    }

    /** The first of the positions whose event has the id, matches the filter and may be read by the client. */
    private static CompletionStage<Optional<Position>> readable(
            Log log, ReadFilter filter, Predicate<Event> mayRead, String id, List<Position> found) {
        if (found.isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        Position at = found.getFirst();
        Position before = new Position(at.epoch(), at.sequence() - 1, at.atMillis());
        return log.read(filter.tenant(), List.of(), before, 1).thenCompose(page -> {
            boolean fits = page.events().stream()
                    .filter(live -> live.at().compareTo(at) == 0)
                    .map(Live::event)
                    .anyMatch(event -> id.equals(event.id())
                            && event.scopes().stream().anyMatch(filter::covers)
                            && mayRead.test(event));
            return fits
                    ? CompletableFuture.completedFuture(Optional.of(at))
                    : readable(log, filter, mayRead, id, found.subList(1, found.size()));
        });
    }

    private static Optional<Position> cursor(String text) {
        try {
            return Optional.of(Cursor.parse(text));
        } catch (CarillonException e) {
            return Optional.empty();
        }
    }

    private static boolean mayBeRepeated(String id, Position at) {
        boolean generated = EventIds.position(id)
                .filter(encoded -> encoded.compareTo(at) == 0)
                .isPresent();
        // An epoch's number is the time of its start; an unknown time is 0.
        return !generated && at.atMillis() - at.epoch() <= REPEATED_MILLIS;
    }

    /** Start of the position's epoch; null if the log has no earlier epoch. */
    private static @Nullable Position epochStart(Position at, List<Epoch> epochs) {
        return epochs.stream()
                .skip(1)
                .filter(epoch -> epoch.id() == at.epoch())
                .map(epoch -> new Position(epoch.id(), epoch.start(), epoch.id()))
                .findFirst()
                .orElse(null);
    }
}
