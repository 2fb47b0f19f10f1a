package dev.carillon.feed;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Link;
import dev.carillon.broker.Live;
import dev.carillon.scope.Position;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tenant's events on their way into the node. Guarded by its own monitor: the broker's thread delivers under it, so that
 * order holds whatever thread comes next; a comparison of heads takes it for moments.
 *
 * <p>Per chain it keeps the last position that was seen. A live event that names a later one as its predecessor shows a hole; so
 * does a head that stays ahead of what was seen for longer than an event is on its way. A chain that is joined begins at its
 * head. Bounded by the number of interests.
 */
final class TenantFeed {
    private static final Logger LOGGER = LoggerFactory.getLogger(TenantFeed.class);

    private record Suspicion(Position head, long sinceNanos) {}

    private final FeedMetrics metrics;
    private final Consumer<Live> downstream;
    private final Map<Chain, Position> seen = new HashMap<>();
    private final Map<Chain, Suspicion> ahead = new HashMap<>();
    private Position last = Position.NONE;
    private Position compared = Position.NONE;

    TenantFeed(FeedMetrics metrics, Consumer<Live> downstream) {
        this.metrics = metrics;
        this.downstream = downstream;
    }

    /** @return whether a new epoch began, so that heads must be compared */
    synchronized boolean take(Live live) {
        for (Link link : live.links()) {
            check(link, live.at());
        }
        boolean newEpoch = live.at().epoch() > last.epoch() && last.epoch() != 0;
        if (!live.at().isAfter(last)) {
            metrics.copies.increment();
            return false;
        }
        if (newEpoch) {
            metrics.epochs.increment();
            LOGGER.atWarn()
                    .addKeyValue("tenant", live.event().tenant())
                    .addKeyValue("from", last.epoch())
                    .addKeyValue("to", live.at().epoch())
                    .log("the log has begun a new epoch");
        }
        last = live.at();
        metrics.events.increment();
        downstream.accept(live);
        return newEpoch;
    }

    private void check(Link link, Position at) {
        Position before = seen.get(link.chain());
        // In a later epoch the chain may begin anew, with 0, or go on: then its predecessor must have been seen as
        // well.
        if (before != null && at.isAfter(before) && link.previous() > before.sequence()) {
            metrics.holesBySequence.increment();
            LOGGER.atWarn()
                    .addKeyValue("chain", link.chain())
                    .addKeyValue("seen", before.sequence())
                    .addKeyValue("previous", link.previous())
                    .log("an event is missing before a live one");
        }
        if (before == null || at.isAfter(before)) {
            seen.put(link.chain(), at);
        }
    }

    /** Chains that were joined begin at their heads, unless an event has come already. */
    synchronized void begin(Collection<Chain> chains, Map<Chain, Position> heads) {
        for (Chain chain : chains) {
            Position head = heads.getOrDefault(chain, Position.NONE);
            Position before = seen.get(chain);
            if (before == null || head.isAfter(before)) {
                seen.put(chain, head);
            }
        }
    }

    synchronized void forget(Collection<Chain> chains) {
        chains.forEach(seen::remove);
        chains.forEach(ahead::remove);
    }

    /** Whether the tenant's log has moved on since this was asked last. */
    synchronized boolean moved(Position head) {
        boolean moved = head.isAfter(compared);
        compared = head;
        return moved;
    }

    /**
     * Compares heads with what was seen. A head that is ahead may still be on its way: {@link #settle} decides later.
     *
     * @return whether any is ahead
     */
    synchronized boolean compare(Map<Chain, Position> heads, long nowNanos) {
        metrics.comparisons.increment();
        boolean any = false;
        for (Map.Entry<Chain, Position> head : heads.entrySet()) {
            Position before = seen.get(head.getKey());
            if (before != null && head.getValue().isAfter(before)) {
                ahead.putIfAbsent(head.getKey(), new Suspicion(head.getValue(), nowNanos));
                any = true;
            }
        }
        return any;
    }

    /** What was ahead for the time of grace and has not come since is a hole. */
    synchronized void settle(long nowNanos, long graceNanos) {
        ahead.entrySet().removeIf(entry -> {
            Suspicion suspicion = entry.getValue();
            if (nowNanos - suspicion.sinceNanos() < graceNanos) {
                return false;
            }
            Chain chain = entry.getKey();
            Position before = seen.get(chain);
            if (before != null && suspicion.head().isAfter(before)) {
                metrics.holesByHeads.increment();
                seen.put(chain, suspicion.head());
                LOGGER.atWarn()
                        .addKeyValue("chain", chain)
                        .addKeyValue("seen", before.sequence())
                        .addKeyValue("head", suspicion.head().sequence())
                        .log("the log has an event that never came");
            }
            return true;
        });
    }
}
