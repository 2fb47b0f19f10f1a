package dev.carillon.feed;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Link;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tenant's events on their way into the node. Guarded by its own monitor: whoever hands an event on does so under it, so that
 * order holds whatever thread comes next.
 *
 * <p>Of each chain it keeps how far it was seen. A live event that names a later predecessor shows a hole; so does a head that stays
 * ahead of what was seen for longer than an event is on its way. Then it <em>heals</em>: live events wait (at most {@value
 * #MAX_HELD} of them with {@value #MAX_HELD_BYTES} bytes of data; more are dropped here and read from the log) until what the log has
 * after the hole has been handed on. They wait as well while it is in <em>doubt</em>: from the loss of the connection until heads have
 * told what was missed. Else a client could get a later event of another scope, leave before the hole is found, and come back past what
 * it never had. Bounded by the number of interests.
 */
final class TenantFeed {
    private static final Logger LOGGER = LoggerFactory.getLogger(TenantFeed.class);
    private static final int MAX_HELD = 10_000;
    private static final long MAX_HELD_BYTES = 16L * 1024 * 1024;
    /** How often heads are asked for after a doubt before live events go on without. */
    private static final int MAX_ATTEMPTS = 3;

    private static final Position END = new Position(Position.MAX_EPOCH, Position.MAX_SEQUENCE, 0);

    /** What is to be done next, outside the monitor. */
    enum Next {
        NOTHING,
        COMPARE_HEADS,
        HEAL
    }

    /**
     * How far a chain was seen: every event of it after the base and up to there was handed on, or told to be missing.
     *
     * @param base where it was when it was joined
     */
    private record Track(Position base, Position seen) {
        /** Of the many chains that never had an event, as those of tabs. */
        static final Track OF_NOTHING = new Track(Position.NONE, Position.NONE);

        boolean vouchesFor(Position at) {
            return at.isAfter(base) && !at.isAfter(seen);
        }

        Track upTo(Position at) {
            return at.isAfter(seen) ? new Track(base, at) : this;
        }
    }

    private record Suspicion(Position head, long sinceNanos) {}

    /** A healing that is under way. */
    private static final class Healing {
        /** The holed chains, and up to where something of each is missing. */
        final Map<Chain, Position> holes = new HashMap<>();
        /** Up to which nothing is missing. */
        final Position begin;

        final ArrayDeque<Live> held = new ArrayDeque<>();
        Position readUpTo;
        long heldBytes;
        boolean overflowed;
        boolean incomplete;

        Healing(Position begin) {
            this.begin = begin;
            this.readUpTo = begin;
        }
    }

    private final Tenant tenant;
    private final FeedMetrics metrics;
    private final FeedListener listener;
    private final Function<Event, Set<Chain>> chainsOf;
    private final Map<Chain, Track> tracks = new HashMap<>();
    private final Map<Chain, Suspicion> ahead = new HashMap<>();
    private Position last = Position.NONE;
    /** The latest that was seen; 0: none. */
    private long epoch;

    private Position compared = Position.NONE;
    private @Nullable Healing healing;
    private boolean inDoubt;
    private int attempts;

    TenantFeed(Tenant tenant, FeedMetrics metrics, FeedListener listener, Function<Event, Set<Chain>> chainsOf) {
        this.tenant = tenant;
        this.metrics = metrics;
        this.listener = listener;
        this.chainsOf = chainsOf;
    }

    synchronized Next take(Live live) {
        Healing now = healing;
        if (now != null) {
            hold(now, live);
            return Next.NOTHING;
        }
        return pass(live);
    }

    private Next pass(Live live) {
        for (Link link : live.links()) {
            Track track = tracks.get(link.chain());
            // In a later epoch the chain may begin anew, with 0, or go on: then its predecessor must have been seen.
            if (track != null
                    && live.at().isAfter(track.seen())
                    && link.previous() > track.seen().sequence()) {
                metrics.holesBySequence.increment();
                LOGGER.atWarn()
                        .addKeyValue("chain", link.chain())
                        .addKeyValue("seen", track.seen().sequence())
                        .addKeyValue("previous", link.previous())
                        .log("an event is missing before a live one");
                Healing begun =
                        begin(link.chain(), track.seen(), new Position(live.at().epoch(), link.previous(), 0));
                hold(begun, live);
                return Next.HEAL;
            }
        }
        live.links().forEach(link -> seen(link.chain(), live.at()));
        if (!live.at().isAfter(last)) {
            metrics.copies.increment();
            return Next.NOTHING;
        }
        boolean newEpoch = seeEpoch(live.at().epoch());
        last = live.at();
        metrics.events.increment();
        listener.deliver(live);
        return newEpoch ? Next.COMPARE_HEADS : Next.NOTHING;
    }

    /**
     * The log has this epoch. When it is a new one, clients are told: what was acknowledged before it, and had not reached this
     * node, may be missing, and nobody can know (a broker that came back with older data does not know how far it had been).
     *
     * @return whether it is a new one
     */
    synchronized boolean seeEpoch(long seen) {
        long before = epoch;
        if (seen <= before) {
            return false;
        }
        epoch = seen;
        if (before == 0) {
            return false;
        }
        metrics.epochs.increment();
        LOGGER.atWarn()
                .addKeyValue("tenant", tenant)
                .addKeyValue("from", before)
                .addKeyValue("to", seen)
                .log("the log has begun a new epoch");
        listener.mayHaveLost(tenant, last.epoch() == 0 ? new Position(before, 0, 0) : last);
        return true;
    }

    private void seen(Chain chain, Position at) {
        // The first of a chain whose head is not known yet: it vouches for that alone.
        tracks.merge(
                chain, new Track(new Position(at.epoch(), at.sequence() - 1, 0), at), (before, one) -> before.upTo(at));
    }

    private static void hold(Healing healing, Live live) {
        int bytes = live.event().data().length();
        if (healing.held.size() >= MAX_HELD || healing.heldBytes + bytes > MAX_HELD_BYTES) {
            // The log has them, and is read on until it has nothing newer.
            healing.held.clear();
            healing.heldBytes = 0;
            healing.overflowed = true;
        } else {
            healing.held.add(live);
            healing.heldBytes += bytes;
        }
    }

    private Healing begin(Chain chain, Position seen, Position missing) {
        Healing begun = healing;
        if (begun == null || begun.begin.isAfter(seen)) {
            Healing earlier = new Healing(seen);
            if (begun != null) {
                earlier.holes.putAll(begun.holes);
                earlier.held.addAll(begun.held);
                earlier.heldBytes = begun.heldBytes;
                earlier.overflowed = begun.overflowed;
            }
            begun = earlier;
            healing = begun;
        }
        begun.holes.merge(chain, missing, (a, b) -> a.isAfter(b) ? a : b);
        return begun;
    }

    /** From where to read on; null: nothing is being healed. */
    synchronized @Nullable Position healsFrom() {
        Healing now = healing;
        if (now == null || inDoubt) {
            return null;
        }
        now.overflowed = false;
        return now.readUpTo;
    }

    /**
     * Hands on what a reading from {@link #healsFrom()} gave.
     *
     * @param concerned the interests that have one of the chains, for those who are to be told that something is lost
     * @return whether to read on
     */
    synchronized boolean heal(Position from, Page page, Function<Set<Chain>, Collection<Interest>> concerned) {
        Healing now = healing;
        if (now == null || !now.readUpTo.equals(from)) {
            // A hole before that one was found meanwhile: it is read from there.
            return now != null;
        }
        now.incomplete |= page.incomplete();
        page.events().forEach(this::replay);
        now.readUpTo = page.last();
        if (inDoubt) {
            // It is read on when heads have told what else is missing.
            return false;
        }
        if (page.more() || now.overflowed) {
            return true;
        }
        healing = null;
        finish(now, concerned);
        for (Live live : now.held) {
            Next _ = take(live);
        }
        return healing != null;
    }

    /** An event of the log: of what it was joined for, and has not come, it is handed on. */
    private void replay(Live live) {
        boolean due = false;
        boolean came = false;
        Set<Chain> chains = chainsOf.apply(live.event());
        for (Chain chain : chains) {
            Track track = tracks.get(chain);
            if (track != null) {
                due |= live.at().isAfter(track.base());
                came |= track.vouchesFor(live.at());
                tracks.put(chain, track.upTo(live.at()));
            }
        }
        if (!due || came) {
            return;
        }
        metrics.healed.increment();
        if (live.at().isAfter(last)) {
            boolean _ = seeEpoch(live.at().epoch());
            last = live.at();
            listener.deliver(live);
        } else {
            listener.late(live);
        }
    }

    private void finish(Healing healed, Function<Set<Chain>, Collection<Interest>> concerned) {
        boolean missing = healed.incomplete;
        for (Map.Entry<Chain, Position> hole : healed.holes.entrySet()) {
            Track track = tracks.get(hole.getKey());
            // The epoch of a predecessor is not known: sequences rise over epochs, too.
            if (track != null && hole.getValue().sequence() > track.seen().sequence()) {
                // The log should have had it.
                missing = true;
                tracks.put(hole.getKey(), track.upTo(hole.getValue()));
            }
        }
        if (missing) {
            metrics.lost.increment();
            LOGGER.atWarn().addKeyValue("after", healed.begin).log("the log does not have all that is missing");
            listener.lost(concerned.apply(healed.holes.keySet()), healed.begin);
        }
    }

    /**
     * Chains that were joined begin at their heads. One that another interest holds, or of which an event has come already, goes on where it
     * was seen last: the head says nothing of what is missing before it.
     */
    synchronized void begin(Collection<Chain> chains, Map<Chain, Position> heads) {
        for (Chain chain : chains) {
            Position head = heads.getOrDefault(chain, Position.NONE);
            tracks.putIfAbsent(chain, head.equals(Position.NONE) ? Track.OF_NOTHING : new Track(head, head));
        }
    }

    synchronized void forget(Collection<Chain> chains) {
        chains.forEach(tracks::remove);
        chains.forEach(ahead::remove);
    }

    /** Something may be missing in any chain: live events wait for {@link #resolve}. */
    synchronized void doubt() {
        inDoubt = true;
        attempts = 0;
        if (healing == null) {
            healing = new Healing(END);
        }
    }

    synchronized boolean isInDoubt() {
        return inDoubt;
    }

    /** Ends a doubt: heads that are ahead of what was seen are holes, as nothing was handed on meanwhile. */
    synchronized Next resolve(Map<Chain, Position> heads) {
        if (!inDoubt) {
            return Next.NOTHING;
        }
        inDoubt = false;
        metrics.comparisons.increment();
        for (Map.Entry<Chain, Position> head : heads.entrySet()) {
            Track track = tracks.get(head.getKey());
            if (track != null && head.getValue().isAfter(track.seen())) {
                metrics.holesByHeads.increment();
                Healing _ = begin(head.getKey(), track.seen(), head.getValue());
            }
        }
        Healing now = healing;
        if (now != null && now.holes.isEmpty()) {
            healing = null;
            for (Live live : now.held) {
                Next _ = take(live);
            }
        }
        return healing != null ? Next.HEAL : Next.NOTHING;
    }

    /** The heads were asked for in vain, though the broker is there; after some times live events go on, and holes are found as in other times. */
    synchronized Next unresolved() {
        attempts++;
        return attempts < MAX_ATTEMPTS ? Next.NOTHING : resolve(Map.of());
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
            Track track = tracks.get(head.getKey());
            if (track != null && head.getValue().isAfter(track.seen())) {
                ahead.putIfAbsent(head.getKey(), new Suspicion(head.getValue(), nowNanos));
                any = true;
            }
        }
        return any;
    }

    /** What was ahead for the time of grace and has not come since is a hole. */
    synchronized Next settle(long nowNanos, long graceNanos) {
        Healing before = healing;
        ahead.entrySet().removeIf(entry -> {
            Suspicion suspicion = entry.getValue();
            if (nowNanos - suspicion.sinceNanos() < graceNanos) {
                return false;
            }
            Chain chain = entry.getKey();
            Track track = tracks.get(chain);
            if (track != null && suspicion.head().isAfter(track.seen())) {
                if (healing != null && healing.holes.containsKey(chain)) {
                    return true;
                }
                metrics.holesByHeads.increment();
                LOGGER.atWarn()
                        .addKeyValue("chain", chain)
                        .addKeyValue("seen", track.seen().sequence())
                        .addKeyValue("head", suspicion.head().sequence())
                        .log("the log has an event that never came");
                begin(chain, track.seen(), suspicion.head());
            }
            return true;
        });
        return healing != before ? Next.HEAL : Next.NOTHING;
    }
}
