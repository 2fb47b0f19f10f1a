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
import dev.carillon.scope.TagFilter;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads pages of a tenant's history for clients. Thread-safe. */
public final class History {
    public static final int MAX_LIMIT = Log.MAX_PAGE;

    private final Log log;
    private final ScopePolicies policies;

    /**
     * One page.
     *
     * @param events in log order
     * @param last position to read the next page after
     * @param more whether the next page may have events now
     * @param gap whether events between the requested position and {@code last} may be missing
     */
    public record Result(List<Live> events, Position last, boolean more, boolean gap) {}

    /**
     * A request for one page.
     *
     * @param own the client's own tab, session and user scopes, whose private events need no grant
     * @param after an event id or a cursor, unchecked; null: the start of the log
     * @param filter selects events of routes and topics by their tags; null: all events
     * @param limit maximum number of events, 1 to {@value #MAX_LIMIT}
     */
    public record Query(
            Grants grants,
            Set<Scope> scopes,
            Set<Scope> own,
            @Nullable String after,
            @Nullable TagFilter filter,
            int limit) {}

    public History(Log log, ScopePolicies policies) {
        this.log = log;
        this.policies = policies;
    }

    /** Fails with {@code invalid-cursor} for an id or cursor that the log does not know, and as {@link Log#read} does. */
    public CompletionStage<Result> read(Query query) {
        Tenant tenant = query.grants().tenant();
        return log.head(tenant).thenCompose(head -> {
            RetentionView retention = new RetentionView(policies, query.scopes()::contains, head.atMillis());
            return position(query)
                    .thenCompose(after -> log.read(tenant, List.copyOf(query.scopes()), after.at(), query.limit())
                            .thenApply(page -> result(query, after, page, retention)));
        });
    }

    private CompletionStage<ResumePosition> position(Query query) {
        String after = query.after();
        if (after == null) {
            return CompletableFuture.completedFuture(new ResumePosition(Position.NONE, null));
        }
        ReadFilter filter = new ReadFilter(query.grants().tenant(), query.scopes(), List.of());
        return ResumePosition.of(log, filter, event -> mayRead(query, event), after)
                .thenApply(found -> found.orElseThrow(() -> new CarillonException(
                        ErrorCode.INVALID_CURSOR,
                        "parameter after: " + Text.printable(after, 100)
                                + ": is not in the log; omit it to read from the first event of the log")));
    }

    private static Result result(Query query, ResumePosition position, Page page, RetentionView retention) {
        Position asked = position.at();
        List<Live> events = new ArrayList<>(page.events().size());
        boolean gap = page.incomplete()
                || position.since() != null
                || !asked.equals(Position.NONE) && page.last().epoch() != asked.epoch();
        for (Live live : page.events()) {
            RetentionView.State state = selects(query, live.event()) ? retention.of(live) : RetentionView.State.NEVER;
            if (state == RetentionView.State.AVAILABLE) {
                events.add(live);
            }
            gap |= state == RetentionView.State.EXPIRED && query.after() != null;
        }
        return new Result(events, page.last(), page.more(), gap);
    }

    private static boolean mayRead(Query query, Event event) {
        return query.grants().mayRead(event, event.scopes().stream().anyMatch(query.own()::contains));
    }

    private static boolean selects(Query query, Event event) {
        TagFilter filter = query.filter();
        return mayRead(query, event) && (filter == null || filter.admits(event, query.scopes()::contains));
    }
}
