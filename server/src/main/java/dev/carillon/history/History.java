package dev.carillon.history;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads parts of the history for clients that fetch what they missed. Thread-safe. */
public final class History {
    public static final int MAX_LIMIT = Log.MAX_PAGE;

    private final Log log;
    private final ScopePolicies policies;

    /**
     * A part of the history.
     *
     * @param events in log order
     * @param last read on after this
     * @param more whether more may follow now
     * @param gap whether something between the asked position and {@code last} may be missing
     */
    public record Slice(List<Live> events, Position last, boolean more, boolean gap) {}

    /**
     * Who asks for what.
     *
     * @param own the scopes that are the client's own: their private events it may have without a grant
     * @param after an id or a cursor, unchecked; null: from the first event that is kept
     * @param limit 1 to {@value #MAX_LIMIT}
     */
    public record Question(
            Grants grants,
            Set<Scope> scopes,
            Set<Scope> own,
            @Nullable String after,
            int limit) {}

    public History(Log log, ScopePolicies policies) {
        this.log = log;
        this.policies = policies;
    }

    /** Fails with {@code invalid-cursor} for an id or cursor that the log does not know, and as {@link Log#read} does. */
    public CompletionStage<Slice> read(Question question) {
        Tenant tenant = question.grants().tenant();
        return log.head(tenant).thenCompose(head -> {
            Promise promise = new Promise(policies, question.scopes()::contains, head.atMillis());
            return place(question)
                    .thenCompose(after -> log.read(tenant, List.copyOf(question.scopes()), after.at(), question.limit())
                            .thenApply(page -> slice(question, after, page, promise)));
        });
    }

    private CompletionStage<Place> place(Question question) {
        String after = question.after();
        if (after == null) {
            return CompletableFuture.completedFuture(new Place(Position.NONE, null));
        }
        Wanted wanted = new Wanted(question.grants().tenant(), question.scopes(), List.of());
        return Place.of(log, wanted, event -> may(question, event), after)
                .thenApply(found -> found.orElseThrow(() -> new CarillonException(
                        ErrorCode.INVALID_CURSOR,
                        "parameter after: " + Text.printable(after, 100)
                                + ": is not known; leave it out to read from the first event that is kept")));
    }

    private static Slice slice(Question question, Place place, Page page, Promise promise) {
        Position asked = place.at();
        List<Live> events = new ArrayList<>(page.events().size());
        boolean gap = page.incomplete()
                || place.since() != null
                || !asked.equals(Position.NONE) && page.last().epoch() != asked.epoch();
        for (Live live : page.events()) {
            Promise.Kept kept = may(question, live.event()) ? promise.of(live) : Promise.Kept.NEVER;
            if (kept == Promise.Kept.YES) {
                events.add(live);
            }
            gap |= kept == Promise.Kept.NO_LONGER && question.after() != null;
        }
        return new Slice(events, page.last(), page.more(), gap);
    }

    private static boolean may(Question question, Event event) {
        return !event.isPrivate()
                || question.grants().mayReadAnyOf(event.scopes())
                || event.scopes().stream().anyMatch(question.own()::contains);
    }
}
