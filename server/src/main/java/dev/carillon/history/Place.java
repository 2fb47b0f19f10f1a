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
 * Where in the log a client was.
 *
 * <p>A broadcaster repeats what was not answered, with the same id. Where the log had lost the event meanwhile it has it a second time, in
 * a later epoch, and the id leads a client that had it the first time past everything between. Nobody can know which of the two a
 * client had: so whoever comes with such an id is told, for as long as an event may be a repeated one. A cursor and a generated id say
 * their epoch themselves.
 *
 * @param since where the position's epoch begins, if the client may have had the event in an epoch before it; null: it had it there
 */
record Place(Position at, @Nullable Position since) {
    /** From the begin of an epoch; longer than ids are promised to be known, as the clocks of broker and nodes may differ. */
    private static final long REPEATED_MILLIS =
            BrokerOptions.ID_WINDOW.plusMinutes(1).toMillis();

    /**
     * That of a cursor, or of an id that the log knows among what the client wants; empty for anything else. Where several events have the
     * id, that of the earliest: then some may come again, and none is lost.
     *
     * @param mayRead what the client may have of what its patterns match
     */
    static CompletionStage<Optional<Place>> of(Log log, Wanted wanted, Predicate<Event> mayRead, String lastEventId) {
        if (Cursor.isCursor(lastEventId)) {
            return CompletableFuture.completedFuture(cursor(lastEventId).map(at -> new Place(at, null)));
        }
        Tenant tenant = wanted.tenant();
        boolean patterns =
                !wanted.templates().isEmpty() && EventIds.position(lastEventId).isEmpty();
        IdLookup lookup = new IdLookup(
                tenant, lastEventId, wanted.scopes(), wanted.templates().isEmpty() ? null : wanted::covers);
        return log.find(lookup)
                .thenCompose(found -> patterns
                        ? readable(log, wanted, mayRead, lastEventId, found)
                        : CompletableFuture.completedFuture(found.stream().findFirst()))
                .thenCompose(found -> {
                    Position at = found.orElse(null);
                    if (at == null || !mayBeRepeated(lastEventId, at)) {
                        return CompletableFuture.completedFuture(found.map(certain -> new Place(certain, null)));
                    }
                    return log.epochs(tenant).thenApply(epochs -> Optional.of(new Place(at, begin(at, epochs))));
                });
    }

    /** The first at which the log has an event with the id that the client wants and may have. */
    private static CompletionStage<Optional<Position>> readable(
            Log log, Wanted wanted, Predicate<Event> mayRead, String id, List<Position> found) {
        if (found.isEmpty()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        Position at = found.getFirst();
        Position before = new Position(at.epoch(), at.sequence() - 1, at.atMillis());
        return log.read(wanted.tenant(), List.of(), before, 1).thenCompose(page -> {
            boolean fits = page.events().stream()
                    .filter(live -> live.at().compareTo(at) == 0)
                    .map(Live::event)
                    .anyMatch(event -> id.equals(event.id())
                            && event.scopes().stream().anyMatch(wanted::covers)
                            && mayRead.test(event));
            return fits
                    ? CompletableFuture.completedFuture(Optional.of(at))
                    : readable(log, wanted, mayRead, id, found.subList(1, found.size()));
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
        // An epoch's number is the time of its begin; a time that is not known is before it.
        return !generated && at.atMillis() - at.epoch() <= REPEATED_MILLIS;
    }

    /** Null: no epoch is known before that of the position. */
    private static @Nullable Position begin(Position at, List<Epoch> epochs) {
        return epochs.stream()
                .skip(1)
                .filter(epoch -> epoch.id() == at.epoch())
                .map(epoch -> new Position(epoch.id(), epoch.start(), epoch.id()))
                .findFirst()
                .orElse(null);
    }
}
