package dev.carillon.broker;

import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * The bounded, replayable history of each tenant.
 *
 * <p>It keeps at least the events that {@link BrokerOptions#policies()} asks for, by count per scope and by age, up to {@link
 * BrokerOptions#maxLogEvents()} per tenant, and may keep more. An (epoch, sequence) is never used twice.
 */
public interface Log {
    /** Maximum number of interests in one request for heads. */
    int MAX_HEADS = 10_000;

    /** Maximum number of scopes in one read. */
    int MAX_SCOPES = 1_000;

    /** Maximum number of events in a page. */
    int MAX_PAGE = 1_000;

    /** Maximum number of positions that {@link #find} returns. */
    int MAX_POSITIONS = 16;

    /** Maximum number of scopes of a tenant in which an id may be used and still be found by a pattern. */
    int MAX_SCOPES_PER_ID = 1_000;

    /** Number of bytes of data after which a page may end early. */
    int PAGE_BYTES = 1024 * 1024;

    /**
     * Reads the events of the scopes after a position.
     *
     * @param scopes 1 to 1,000; empty: all of the tenant
     * @param after {@link Position#NONE}: from the first event in the log (never incomplete). A position that its epoch lost, or of an
     *     unknown epoch before a known one, gives an incomplete page that continues at the start of the next known epoch; a position of
     *     an epoch older than all known ones, or newer, gives no events, the head, and incomplete
     * @param max 1 to {@value #MAX_PAGE} events
     */
    CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max);

    /**
     * The positions of the events with an id, with their times, the earliest first, at most {@value #MAX_POSITIONS}. A given id is looked
     * up only among the scopes of the lookup, where every event in the log is found; a generated id is its own position.
     *
     * <p>If the log has none of them any more, the position of a trimmed event may be returned, possibly with an unknown time: a read
     * from it reports whether events are missing. By a pattern, an id that was used in more than {@value #MAX_SCOPES_PER_ID} scopes of
     * the tenant counts as unknown.
     */
    CompletionStage<List<Position>> find(IdLookup lookup);

    /** The end of the log; sequence 0 (of an open epoch) when it is empty. */
    CompletionStage<Position> head(Tenant tenant);

    /**
     * The last position of each chain by which events of the interests are delivered, without chains that have no event. Takes one or a
     * few exchanges, in proportion to the number of interests (at most {@value #MAX_HEADS}).
     */
    CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests);

    /** The known epochs of the tenant's log (at least the last 100), the open one last. */
    CompletionStage<List<Epoch>> epochs(Tenant tenant);

    Durability durability();
}
