package dev.carillon.feed;

import dev.carillon.broker.Chain;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers one tenant's events to the listener: in log order, each once, without unnoticed gaps.
 *
 * <p><b>States.</b>
 *
 * <pre>
 *              a sequence or a head shows a gap
 *    RUNNING -----------------------------------> FILLING
 *     ^  | ^                                      |  |  ^
 *     |  | +------- log has nothing newer --------+  |  |
 *     |  |                                           |  |
 *     |  | suspend()                       suspend() |  | a gap is open,
 *     |  |                                           |  | or heads show gaps
 *     |  +--------------> SUSPENDED &lt;----------------+  |
 *     |                     |   |                       |
 *     +-- no gap is open: --+   +-----------------------+
 *         heads show none,
 *         or failed three times
 * </pre>
 *
 * <p>RUNNING ({@code gapFill} null): events are delivered as they arrive. FILLING ({@code gapFill} set): the log is read from the first
 * gap on; live events wait in {@code gapFill.queued}, at most {@value #MAX_QUEUED} events with {@value #MAX_QUEUED_BYTES} characters of data.
 * On overflow the queue is dropped, because the log has its events, and the log is read on until it has nothing newer. SUSPENDED ({@code
 * suspended} set, {@code gapFill} too): from the loss of the connection, or a possible loss, until {@link #resume} has compared all heads (or
 * requests for them failed {@value #MAX_HEAD_ATTEMPTS} times), live events wait and no further page of the log is read. Otherwise a client could receive a later event of another scope, leave, and resume after an event that it
 * never received.
 *
 * <p><b>Threads.</b> All state is guarded by this object's monitor. The listener is called while it is held, so that order holds
 * whichever thread delivers next. Requests to the broker happen outside of it: a method returns the {@link Action} that its caller must
 * perform.
 *
 * <p><b>Why it is correct.</b>
 *
 * <ul>
 *   <li>For each chain, {@link Track} records a range, (base, seen], in which every event was delivered or reported lost. It starts
 *       at the chain's head, or at the first event if no head is known. It grows when an event names a predecessor that is not after {@code
 *       seen}, when the log is read past it from a position that is not after {@code seen} (a loss is reported before the events of an incomplete page), or when a loss is reported. Memory
 *       is therefore bounded by the number of interests.
 *   <li>A gap is detected by an event whose predecessor is after {@code seen}, or by a head that stays ahead of {@code seen} for longer
 *       than an event can be in flight ({@link #compare}, {@link #confirmSuspicions}). The second way also finds a missing last event.
 *   <li>An event may arrive more than once, with different links ({@link dev.carillon.broker.Channel}). Each delivery advances the tracks of its
 *       links; only the first is after {@code last}, the others are duplicates.
 *   <li>In a new epoch sequences continue, or start over if the broker lost its data, and acknowledged events of the old one may have been lost without a
 *       trace: clients receive {@link FeedListener#mayHaveLost}, and all heads are compared. A predecessor that was appended after that report is of the
 *       new epoch, and not covered by what a chain has seen of the old one.
 * </ul>
 */
final class TenantFeed {
    private static final Logger LOGGER = LoggerFactory.getLogger(TenantFeed.class);
    private static final int MAX_QUEUED = 10_000;
    private static final long MAX_QUEUED_BYTES = 16L * 1024 * 1024;
    /** Number of failed requests for heads after which live events continue without a comparison. */
    private static final int MAX_HEAD_ATTEMPTS = 3;

    private static final Position END = new Position(Position.MAX_EPOCH, Position.MAX_SEQUENCE, 0);

    /** The action that the caller performs next, outside the monitor. */
    enum Action {
        NONE,
        COMPARE_HEADS,
        FILL_GAPS
    }

    /**
     * The checked range of a chain: every event after the base and up to {@code seen} was delivered, or reported lost.
     *
     * @param base position of the chain when it was joined
     */
    private record Track(Position base, Position seen) {
        /** Shared by the many chains without an event, such as those of tabs. */
        static final Track EMPTY = new Track(Position.NONE, Position.NONE);

        boolean covers(Position at) {
            return at.isAfter(base) && !at.isAfter(seen);
        }

        Track advancedTo(Position at) {
            return at.isAfter(seen) ? new Track(base, at) : this;
        }
    }

    private record Suspicion(Position head, long sinceNanos) {}

    /** Gaps that are being filled. */
    private static final class GapFill {
        /** For each chain with a gap, the position up to which events are missing. */
        final Map<Chain, Position> gaps = new HashMap<>();
        /** Position up to which no event is missing. */
        final Position start;

        final ArrayDeque<Live> queued = new ArrayDeque<>();
        /** Chains whose clients know that events are missing. */
        final Set<Chain> reported = new HashSet<>();

        Position readUpTo;
        long queuedBytes;
        boolean overflowed;
        boolean incomplete;

        GapFill(Position start) {
            this.start = start;
            this.readUpTo = start;
        }
    }

    private final Tenant tenant;
    private final FeedMetrics metrics;
    private final FeedListener listener;
    private final Function<Event, Set<Chain>> chainsOf;
    private final Map<Chain, Track> tracks = new HashMap<>();
    private final Map<Chain, Suspicion> suspicions = new HashMap<>();
    private Position last = Position.NONE;
    /** The latest known epoch; 0: none. */
    private long epoch;
    /** What is missing of the latest epoch before this sequence is covered by the report of the epoch. */
    private long epochFrom = Position.MAX_SEQUENCE;

    private Position compared = Position.NONE;
    /** Whether heads are to be compared although the log has not moved on: some could not be. */
    private boolean compareAgain;

    private @Nullable GapFill gapFill;
    private boolean suspended;
    private int headAttempts;

    TenantFeed(Tenant tenant, FeedMetrics metrics, FeedListener listener, Function<Event, Set<Chain>> chainsOf) {
        this.tenant = tenant;
        this.metrics = metrics;
        this.listener = listener;
        this.chainsOf = chainsOf;
    }

    synchronized Action receive(Live live) {
        GapFill now = gapFill;
        if (now != null) {
            queue(now, live);
            return Action.NONE;
        }
        return check(live);
    }

    private Action check(Live live) {
        for (ChainLink link : live.links()) {
            Track track = tracks.get(link.chain());
            if (track != null
                    && live.at().isAfter(track.seen())
                    && link.previous() > coveredUpTo(track.seen(), live.at().epoch())) {
                metrics.gapsBySequence.increment();
                LOGGER.atWarn()
                        .addKeyValue("chain", link.chain())
                        .addKeyValue("seen", track.seen().sequence())
                        .addKeyValue("previous", link.previous())
                        .log("missing events before a live event");
                GapFill opened =
                        open(link.chain(), track.seen(), new Position(live.at().epoch(), link.previous(), 0));
                queue(opened, live);
                return Action.FILL_GAPS;
            }
        }
        live.links().forEach(link -> advance(link.chain(), live.at()));
        if (!live.at().isAfter(last)) {
            metrics.duplicates.increment();
            return Action.NONE;
        }
        boolean newEpoch = seeEpoch(live.at().epoch(), live.at().sequence());
        last = live.at();
        metrics.events.increment();
        listener.deliver(live);
        return newEpoch ? Action.COMPARE_HEADS : Action.NONE;
    }

    /**
     * The sequence up to which the predecessors of a chain's next event were delivered or reported. The epoch of a predecessor is unknown. In an
     * epoch that began after {@code seen}, sequences may start over; but one from {@link #epochFrom} on is of that epoch, or of a later one.
     *
     * @param ofEpoch epoch of the event; one of an earlier epoch may still be queued
     */
    private long coveredUpTo(Position seen, long ofEpoch) {
        return ofEpoch >= epoch && seen.epoch() < epoch ? Math.min(seen.sequence(), epochFrom - 1) : seen.sequence();
    }

    /**
     * Notes the epoch of the log. A new epoch is reported to clients: acknowledged events of the previous one that had not reached this
     * node may be missing, and this cannot be determined (a broker restored from older data does not know how far it had been).
     *
     * @param from sequence from which on events of the epoch were not in the log, or not delivered, when this is called
     * @return whether the epoch is new
     */
    synchronized boolean seeEpoch(long seen, long from) {
        long before = epoch;
        if (seen <= before) {
            return false;
        }
        epoch = seen;
        if (before == 0) {
            return false;
        }
        epochFrom = from;
        metrics.epochs.increment();
        LOGGER.atWarn()
                .addKeyValue("tenant", tenant)
                .addKeyValue("from", before)
                .addKeyValue("to", seen)
                .log("the log has opened a new epoch");
        listener.mayHaveLost(tenant, last.epoch() == 0 ? new Position(before, 0, 0) : last);
        return true;
    }

    private void advance(Chain chain, Position at) {
        // The first event of a chain without a known head: only its own position is covered.
        tracks.merge(
                chain,
                new Track(new Position(at.epoch(), at.sequence() - 1, 0), at),
                (before, one) -> before.advancedTo(at));
    }

    private static void queue(GapFill gapFill, Live live) {
        int bytes = live.event().data().length();
        if (gapFill.queued.size() >= MAX_QUEUED || gapFill.queuedBytes + bytes > MAX_QUEUED_BYTES) {
            // The log has these events, and is read on until it has nothing newer.
            gapFill.queued.clear();
            gapFill.queuedBytes = 0;
            gapFill.overflowed = true;
        } else {
            gapFill.queued.add(live);
            gapFill.queuedBytes += bytes;
        }
    }

    private GapFill open(Chain chain, Position seen, Position missing) {
        GapFill opened = gapFill;
        if (opened == null || opened.start.isAfter(seen)) {
            GapFill earlier = new GapFill(seen);
            if (opened != null) {
                earlier.gaps.putAll(opened.gaps);
                earlier.queued.addAll(opened.queued);
                earlier.queuedBytes = opened.queuedBytes;
                earlier.overflowed = opened.overflowed;
            }
            opened = earlier;
            gapFill = opened;
        }
        opened.gaps.merge(chain, missing, (a, b) -> a.isAfter(b) ? a : b);
        return opened;
    }

    /** The position to read the log after; null: no gap can be filled now. */
    synchronized @Nullable Position fillFrom() {
        GapFill now = gapFill;
        if (now == null || suspended) {
            return null;
        }
        now.overflowed = false;
        return now.readUpTo;
    }

    /**
     * Delivers the missing events of a page that was read after {@link #fillFrom()}.
     *
     * @param interestsOf the interests that are linked in a chain, to report a loss to their clients
     * @return whether to read the next page
     */
    synchronized boolean replay(Position from, Page page, Function<Set<Chain>, Collection<Interest>> interestsOf) {
        GapFill now = gapFill;
        if (now == null || !now.readUpTo.equals(from)) {
            // An earlier gap was found meanwhile: the log is read from there.
            return now != null;
        }
        if (page.incomplete()) {
            // Before the events after the loss: a client that receives one may leave, and resume after it elsewhere.
            now.incomplete = true;
            report(now, now.gaps.keySet(), interestsOf);
        }
        page.events().forEach(live -> replayEvent(live, now.start));
        now.readUpTo = page.last();
        if (suspended) {
            // Reading continues when heads have shown all gaps.
            return false;
        }
        if (page.more() || now.overflowed) {
            return true;
        }
        gapFill = null;
        finish(now, interestsOf);
        for (Live live : now.queued) {
            Action _ = receive(live);
        }
        return gapFill != null;
    }

    /** Delivers an event of the log if it was missing: joined before it, and not delivered yet. */
    private void replayEvent(Live live, Position start) {
        boolean joined = false;
        boolean delivered = false;
        Set<Chain> chains = chainsOf.apply(live.event());
        for (Chain chain : chains) {
            Track track = tracks.get(chain);
            if (track != null) {
                joined |= live.at().isAfter(track.base());
                delivered |= track.covers(live.at());
                if (!start.isAfter(track.seen())) {
                    // Otherwise an event before the start may be missing in this chain, too: only links or heads can
                    // tell.
                    tracks.put(chain, track.advancedTo(live.at()));
                }
            }
        }
        if (!joined || delivered) {
            return;
        }
        metrics.gapsFilled.increment();
        if (live.at().isAfter(last)) {
            boolean _ = seeEpoch(live.at().epoch(), live.at().sequence());
            last = live.at();
            listener.deliver(live);
        } else {
            listener.late(live);
        }
    }

    private void finish(GapFill filled, Function<Set<Chain>, Collection<Interest>> interestsOf) {
        Set<Chain> missing = new HashSet<>();
        for (Map.Entry<Chain, Position> gap : filled.gaps.entrySet()) {
            Track track = tracks.get(gap.getKey());
            // If the chain was read into a later epoch, the log was read past the gap.
            if (track != null
                    && gap.getValue().isAfter(track.seen())
                    && gap.getValue().sequence()
                            > coveredUpTo(track.seen(), gap.getValue().epoch())) {
                // The log should have contained it.
                missing.add(gap.getKey());
                tracks.put(gap.getKey(), track.advancedTo(gap.getValue()));
            } else if (filled.incomplete && !filled.reported.contains(gap.getKey())) {
                // Its gap was found later.
                missing.add(gap.getKey());
            }
        }
        if (!missing.isEmpty()) {
            report(filled, missing, interestsOf);
        }
    }

    private void report(GapFill filling, Set<Chain> chains, Function<Set<Chain>, Collection<Interest>> interestsOf) {
        filling.reported.addAll(chains);
        metrics.eventsLost.increment();
        LOGGER.atWarn().addKeyValue("after", filling.start).log("the log no longer has all missing events");
        listener.lost(interestsOf.apply(Set.copyOf(chains)), filling.start);
    }

    /**
     * A stream opens, with live events after a position of an epoch. If no epoch was known, this one is from now on: the next one is then
     * reported, also if no event of this one arrives.
     *
     * @return whether the log has opened a later epoch, which the client of the stream may not have been told
     */
    synchronized boolean opened(Position start) {
        if (epoch == 0) {
            epoch = start.epoch();
        }
        if (epoch == start.epoch()) {
            // A chain may have been joined before the epoch began, and events after the start are the stream's.
            epochFrom = Math.min(epochFrom, start.sequence() + 1);
        }
        return epoch > start.epoch();
    }

    /**
     * Starts joined chains at their heads. A chain that another interest holds, or that has received an event, keeps its state: the head
     * does not tell whether events before it are missing.
     */
    synchronized void begin(Collection<Chain> chains, Map<Chain, Position> heads) {
        for (Chain chain : chains) {
            Position head = heads.getOrDefault(chain, Position.NONE);
            tracks.putIfAbsent(chain, head.equals(Position.NONE) ? Track.EMPTY : new Track(head, head));
        }
    }

    synchronized void forget(Collection<Chain> chains) {
        chains.forEach(tracks::remove);
        chains.forEach(suspicions::remove);
    }

    /** Enters SUSPENDED: events may be missing in any chain, and live events wait for {@link #resume}. */
    synchronized void suspend() {
        suspended = true;
        headAttempts = 0;
        if (gapFill == null) {
            gapFill = new GapFill(END);
        }
    }

    synchronized boolean isSuspended() {
        return suspended;
    }

    /** Leaves SUSPENDED. Every head ahead of {@code seen} is a gap, because nothing was delivered meanwhile. */
    synchronized Action resume(Map<Chain, Position> heads) {
        if (!suspended) {
            return Action.NONE;
        }
        suspended = false;
        metrics.headComparisons.increment();
        for (Map.Entry<Chain, Position> head : heads.entrySet()) {
            Track track = tracks.get(head.getKey());
            if (track != null && head.getValue().isAfter(track.seen())) {
                metrics.gapsByHeads.increment();
                GapFill _ = open(head.getKey(), track.seen(), head.getValue());
            }
        }
        GapFill now = gapFill;
        if (now != null && now.gaps.isEmpty()) {
            gapFill = null;
            for (Live live : now.queued) {
                Action _ = receive(live);
            }
        }
        return gapFill != null ? Action.FILL_GAPS : Action.NONE;
    }

    /**
     * A request for heads failed although the broker is connected. After {@value #MAX_HEAD_ATTEMPTS} failures live events continue; gaps
     * are then found as in RUNNING.
     */
    synchronized Action headsFailed() {
        headAttempts++;
        return headAttempts < MAX_HEAD_ATTEMPTS ? Action.NONE : resume(Map.of());
    }

    /** Whether heads must be compared: the tenant's log has moved on since the last call, or {@link #compareAgain} was called. */
    synchronized boolean mustCompare(Position head) {
        boolean must = compareAgain || head.isAfter(compared);
        compareAgain = false;
        compared = head;
        return must;
    }

    /** Heads are compared at the next tick, also if the log does not move on. */
    synchronized void compareAgain() {
        compareAgain = true;
    }

    /**
     * Compares heads with the received events. The event at a head may be in flight: {@link #confirmSuspicions} decides later.
     *
     * @return whether a head is ahead
     */
    synchronized boolean compare(Map<Chain, Position> heads, long nowNanos) {
        metrics.headComparisons.increment();
        boolean any = false;
        for (Map.Entry<Chain, Position> head : heads.entrySet()) {
            Track track = tracks.get(head.getKey());
            if (track != null && head.getValue().isAfter(track.seen())) {
                if (suspicions.putIfAbsent(head.getKey(), new Suspicion(head.getValue(), nowNanos)) != null) {
                    // The one before may be of an earlier head.
                    compareAgain = true;
                }
                any = true;
            }
        }
        return any;
    }

    /** Treats heads that have been ahead for the grace period as gaps. */
    synchronized Action confirmSuspicions(long nowNanos, long graceNanos) {
        GapFill before = gapFill;
        suspicions.entrySet().removeIf(entry -> {
            Suspicion suspicion = entry.getValue();
            if (nowNanos - suspicion.sinceNanos() < graceNanos) {
                return false;
            }
            Chain chain = entry.getKey();
            Track track = tracks.get(chain);
            if (track != null && suspicion.head().isAfter(track.seen())) {
                if (gapFill != null && gapFill.gaps.containsKey(chain)) {
                    // The filling may end before this head, and no event may follow that shows it.
                    compareAgain = true;
                    return true;
                }
                metrics.gapsByHeads.increment();
                LOGGER.atWarn()
                        .addKeyValue("chain", chain)
                        .addKeyValue("seen", track.seen().sequence())
                        .addKeyValue("head", suspicion.head().sequence())
                        .log("the log has an event that was not received");
                open(chain, track.seen(), suspicion.head());
            }
            return true;
        });
        return gapFill != before ? Action.FILL_GAPS : Action.NONE;
    }
}
