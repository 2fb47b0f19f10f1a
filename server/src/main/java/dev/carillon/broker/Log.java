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
 * <p>It keeps at least what {@link BrokerOptions#policies()} asks for, by count for each scope and by age, up to {@link
 * BrokerOptions#maxLogEvents()} for a tenant, and may keep more. No (epoch, sequence) is ever used twice.
 */
public interface Log {
    /** How many interests one question for heads may have. */
    int MAX_HEADS = 10_000;

    /** How many scopes one reading may name. */
    int MAX_SCOPES = 1_000;

    /** How many events a page may have. */
    int MAX_PAGE = 1_000;

    /** The most positions of one id that {@link #find} returns. */
    int MAX_PLACES = 16;

    /** In how many scopes of a tenant an id may be used, so that it is found by a pattern. */
    int MAX_SCOPES_OF_ID = 1_000;

    /** How many bytes of data after which a page may end early. */
    int PAGE_BYTES = 1024 * 1024;

    /**
     * The events of the scopes after a position.
     *
     * @param scopes 1 to 1,000; empty: all of the tenant
     * @param after {@link Position#NONE}: from the first that is kept (never incomplete). A position that its epoch lost, or of
     *     an unknown epoch before one that is known, is incomplete and reads on from the start of the next epoch that is
     *     known; one of an epoch older than all that are known, or newer, gives no events, the head, and incomplete
     * @param max 1 to {@value #MAX_PAGE} events
     */
    CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max);

    /**
     * The positions of the events with an id, with their times, the earliest first, at most {@value #MAX_PLACES}. A given id is
     * looked up among the scopes of the lookup alone, and all that the log keeps there is found; a generated one is its position.
     *
     * <p>Where the log keeps none any more, the position of one that is gone may still be told, perhaps with an unknown time:
     * reading from it says whether something is missing. By a pattern, an id that was used in more than {@value
     * #MAX_SCOPES_OF_ID} scopes of the tenant counts as not known.
     */
    CompletionStage<List<Position>> find(IdLookup lookup);

    /** The end of the log; sequence 0 (of an epoch that has been opened) when it is empty. */
    CompletionStage<Position> head(Tenant tenant);

    /**
     * The last position of each chain by which events of the interests are delivered; chains without an event are left out.
     * Costs in proportion to the number of interests, at most {@value #MAX_HEADS}: they are one or a few exchanges.
     */
    CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests);

    /** The epochs of the tenant's log that are remembered (at least the last 100), the open one last. */
    CompletionStage<List<Epoch>> epochs(Tenant tenant);

    Durability durability();
}
