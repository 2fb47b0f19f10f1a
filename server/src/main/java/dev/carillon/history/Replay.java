package dev.carillon.history;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.Received;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Position;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * What one connection missed, read page by page and written part by part, each after the client has taken the one before; then, once nothing
 * is left, what came while its live events began to be held back. Steps follow each other on whatever thread ended the one before.
 *
 * <p>Where the distance is short the readings are shared with others; else only the connection's scopes are read, and the page is charged to
 * the client's address. While a part waits for the client no page is kept: a client that stalls holds a position and one part, and its
 * page is read again from there when it has taken that.
 */
final class Replay {
    /** Up to so many events of the tenant are read for all scopes, and shared. */
    private static final long SHARED_DISTANCE = 10_000;

    private static final int PAGE_EVENTS = 256;
    private static final int LEAST_PAGE_EVENTS = 8;
    /** A part ends with the event that reaches this. */
    private static final int PART_BYTES = 32 * 1024;

    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Channel channel;
    private final Log log;
    private final SharedReads shared;
    private final ScopePolicies policies;
    private final FanOut fanOut;
    private final Connection connection;
    private final Tenant tenant;
    private final List<Interest> interests;
    private final Wanted wanted;
    /** What the connection has by other memberships is not replayed. */
    private final Received received;

    private final MemoryBudget.Charge charge;

    /** What was retained after the position, in log order, and has not been written. */
    private final ArrayDeque<Live> retained = new ArrayDeque<>();

    private Position asked = Position.NONE;
    /** After which the page is read that is next, or being passed on. */
    private Position readUpTo = Position.NONE;
    /** Up to which everything has been passed on: a page that is read again may begin before. */
    private Position passed = Position.NONE;

    private Promise promise;
    private long retainedBytes;
    private boolean sharing;
    private boolean toldGap;
    /** How many events are read next: what a client does not take in time is read again. */
    private int pageEvents = PAGE_EVENTS;
    /** Until then a reading need not know of later events; 0: before live events are held back. */
    private long heldSinceNanos;

    Replay(
            Broker broker,
            SharedReads shared,
            ScopePolicies policies,
            FanOut fanOut,
            Connection connection,
            Tenant tenant,
            List<Interest> interests,
            Received received,
            MemoryBudget.Charge charge) {
        this.interests = interests;
        this.received = received;
        this.charge = charge;
        this.channel = broker.channel();
        this.log = broker.log();
        this.shared = shared;
        this.policies = policies;
        this.fanOut = fanOut;
        this.connection = connection;
        this.tenant = tenant;
        this.wanted = Wanted.of(tenant, interests);
        this.promise = new Promise(policies, wanted::covers, 0);
    }

    /**
     * Replays.
     *
     * @return the position up to which the connection has everything that it is to have, with its live events held back from some
     *     time before
     */
    CompletionStage<Position> run(Position after) {
        asked = after;
        readUpTo = after;
        passed = after;
        return channel.snapshot(tenant, wanted.scopes())
                .thenCompose(snapshot -> {
                    snapshot.retained().stream()
                            .filter(live -> live.at().isAfter(asked))
                            .forEach(retained::add);
                    retainedBytes = HeapBytes.of(retained);
                    charge.require(retainedBytes);
                    Position head = snapshot.head();
                    promise = new Promise(policies, wanted::covers, head.atMillis());
                    sharing = head.epoch() == after.epoch()
                            && head.sequence() - after.sequence() <= SHARED_DISTANCE
                            && head.sequence() >= after.sequence();
                    if (sharing) {
                        readUpTo = SharedReads.begin(after);
                    }
                    return readOn();
                })
                .thenCompose(x -> fanOut.hold(connection, interests))
                .thenCompose(x -> {
                    heldSinceNanos = shared.nanoTime();
                    return readOn();
                })
                .thenApply(x -> readUpTo);
    }

    private CompletionStage<Void> readOn() {
        return read().thenCompose(page -> {
            if (sharing && page.incomplete() && !readUpTo.equals(passed)) {
                // Perhaps only what is before the position is gone.
                sharing = false;
                readUpTo = passed;
                return readOn();
            }
            if (page.incomplete()
                    && page.events().isEmpty()
                    && readUpTo.equals(asked)
                    && !asked.equals(Position.NONE)) {
                // Of an epoch that the log does not know any more: what it has follows the gap.
                sharing = false;
                readUpTo = Position.NONE;
                ByteArrayOutputStream part = new ByteArrayOutputStream();
                tellGap(part);
                return fanOut.replay(connection, part.toByteArray())
                        .thenCompose(x -> fanOut.taken(connection))
                        .thenCompose(x -> readOn());
            }
            return pass(page, 0);
        });
    }

    private CompletionStage<Page> read() {
        if (sharing) {
            return shared.read(
                    tenant, readUpTo, heldSinceNanos == 0 ? shared.nanoTime() - STALE_NANOS : heldSinceNanos);
        }
        charge.require(retainedBytes + Log.PAGE_BYTES);
        return log.read(tenant, wanted.read(), readUpTo, pageEvents);
    }

    /** Passes a page on from its event of this index. */
    private CompletionStage<Void> pass(Page page, int from) {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        // Who asks for everything that is kept misses nothing.
        if (!asked.equals(Position.NONE) && (page.incomplete() || page.last().epoch() != asked.epoch())) {
            // How far the epoch before had been nobody knows: what was acknowledged at its end may be lost.
            tellGap(part);
        }
        int next = addTo(part, page, from);
        int added = next - from;
        if (next < page.events().size() || part.size() >= PART_BYTES) {
            return write(part, page, next, added);
        }
        passed = later(passed, page.last());
        readUpTo = page.last();
        boolean more = page.more();
        return write(part).thenCompose(x -> more ? readOn() : CompletableFuture.completedFuture(null));
    }

    /** Fills a part, in log order; what is retained stays, also when the log does not have it any more. */
    private int addTo(ByteArrayOutputStream part, Page page, int from) {
        int next = from;
        while (part.size() < PART_BYTES) {
            Live live = next < page.events().size() ? page.events().get(next) : null;
            Live first = retained.peek();
            boolean before = first != null
                    && (live == null
                            ? !page.more() && !first.at().isAfter(page.last())
                            : first.at().compareTo(live.at()) < 0);
            if (before && first != null) {
                retained.remove();
                if (!received.includes(first)) {
                    fanOut.encodeFor(connection, first, interests).ifPresent(part::writeBytes);
                }
            } else if (live == null) {
                return next;
            } else {
                next++;
                if (live.at().isAfter(passed)) {
                    add(live, part);
                    passed = live.at();
                }
            }
        }
        return next;
    }

    /** Writes a part and goes on with the page, where the client takes it at once; else reads the page again when it has. */
    private CompletionStage<Void> write(ByteArrayOutputStream part, Page page, int next, int added) {
        return fanOut.replay(connection, part.toByteArray()).thenCompose(taken -> {
            if (taken) {
                return pass(page, next);
            }
            if (!sharing) {
                readUpTo = later(readUpTo, passed);
                pageEvents = Math.clamp(2L * added, LEAST_PAGE_EVENTS, PAGE_EVENTS);
            }
            return waitForClient().thenCompose(x -> readOn());
        });
    }

    private CompletionStage<Void> write(ByteArrayOutputStream part) {
        return part.size() == 0
                ? CompletableFuture.completedFuture(null)
                : fanOut.replay(connection, part.toByteArray())
                        .thenCompose(taken -> taken ? CompletableFuture.completedFuture(null) : waitForClient());
    }

    /** No page is kept meanwhile. */
    private CompletionStage<Void> waitForClient() {
        boolean _ = charge.set(retainedBytes);
        return fanOut.taken(connection);
    }

    private static Position later(Position one, Position other) {
        return other.isAfter(one) ? other : one;
    }

    private void add(Live live, ByteArrayOutputStream part) {
        Live next = retained.peek();
        boolean isRetained = next != null && next.at().compareTo(live.at()) == 0;
        Promise.Kept kept = promise.of(live);
        if (isRetained) {
            retained.remove();
            kept = Promise.Kept.YES;
        }
        if (kept == Promise.Kept.NEVER || received.includes(live)) {
            return;
        }
        Optional<byte[]> bytes = fanOut.encodeFor(connection, live, interests);
        if (bytes.isPresent() && kept == Promise.Kept.YES) {
            part.writeBytes(bytes.get());
        } else if (bytes.isPresent()) {
            tellGap(part);
        }
    }

    private void tellGap(ByteArrayOutputStream part) {
        if (!toldGap) {
            toldGap = true;
            part.writeBytes(fanOut.gap(connection, "history", asked));
        }
    }
}
