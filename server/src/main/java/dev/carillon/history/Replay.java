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
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Replays the events that one connection missed: reads them page by page and writes them part by part, each after the socket accepted the
 * one before. At the end of the log the connection joins its interests; then the events that arrived in between are read too. Each step runs
 * on the thread that completed the one before; no two steps run at the same time.
 *
 * <p>If the distance to the head is short, reads are shared with other connections; otherwise only the connection's scopes are read and the page
 * is charged to the client's address. No page is referenced while a part waits for the client: a stalled client costs a position and one part,
 * and its page is read again later.
 */
final class Replay {
    /** Maximum distance to the head, in events of the tenant, at which reads are shared. */
    private static final long MAX_SHARED_DISTANCE = 10_000;

    private static final int PAGE_EVENTS = 256;
    private static final int MIN_PAGE_EVENTS = 8;
    /** A part ends with the event that makes it this long. */
    private static final int PART_BYTES = 32 * 1024;

    private static final long STALE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Channel channel;
    private final Log log;
    private final BoundedReads reads;
    private final SharedReads shared;
    private final ScopePolicies policies;
    private final FanOut fanOut;
    private final Connection connection;
    private final Tenant tenant;
    private final Starts starts;
    private final ReadFilter filter;
    /** Events that the connection receives by other memberships; they are not replayed. */
    private final Received received;

    private final MemoryBudget.Charge charge;

    /** Retained events after the position, in log order, that were not written yet. */
    private final ArrayDeque<Live> retained = new ArrayDeque<>();

    /** The earliest position to resume from. */
    private Position start = Position.NONE;
    /** Position after which the current or next page is read. */
    private Position readUpTo = Position.NONE;
    /** Position up to which all events were written; a page that is read again may begin earlier. */
    private Position written = Position.NONE;

    private RetentionView retention;
    private long retainedBytes;
    private boolean sharing;
    private boolean gapAdded;
    /** Size of the next page; smaller for a slow client, as the rest of its page is read again. */
    private int pageEvents = PAGE_EVENTS;
    /** Time since which live events are buffered; reads must not have started before. 0: not buffered yet. */
    private long bufferedSinceNanos;

    Replay(
            Broker broker,
            BoundedReads reads,
            SharedReads shared,
            ScopePolicies policies,
            FanOut fanOut,
            Connection connection,
            Tenant tenant,
            Starts starts,
            Received received,
            MemoryBudget.Charge charge) {
        this.starts = starts;
        this.received = received;
        this.charge = charge;
        this.channel = broker.channel();
        this.log = broker.log();
        this.reads = reads;
        this.shared = shared;
        this.policies = policies;
        this.fanOut = fanOut;
        this.connection = connection;
        this.tenant = tenant;
        this.filter = ReadFilter.of(tenant, starts.interests());
        this.retention = new RetentionView(policies, filter::covers, 0);
    }

    /**
     * Runs the replay.
     *
     * @return the position up to which all events were written; live events have been buffered since some time before
     */
    CompletionStage<Position> run() {
        Position after = starts.earliest();
        start = after;
        readUpTo = after;
        written = after;
        return reads.read(() -> channel.snapshot(tenant, filter.scopes()))
                .thenCompose(snapshot -> {
                    snapshot.retained().stream()
                            .filter(live -> live.at().isAfter(start))
                            .forEach(retained::add);
                    retainedBytes = HeapBytes.of(retained);
                    charge.require(retainedBytes);
                    Position head = snapshot.head();
                    retention = new RetentionView(policies, filter::covers, head.atMillis());
                    sharing = head.epoch() == after.epoch()
                            && head.sequence() - after.sequence() <= MAX_SHARED_DISTANCE
                            && head.sequence() >= after.sequence();
                    if (sharing) {
                        readUpTo = SharedReads.pageStart(after);
                    }
                    return readNext();
                })
                .thenCompose(x -> fanOut.joinAsync(connection, starts.interests()))
                .thenCompose(x -> {
                    bufferedSinceNanos = shared.nanoTime();
                    return readNext();
                })
                .thenApply(x -> readUpTo);
    }

    private CompletionStage<Void> readNext() {
        return read().thenCompose(page -> {
            if (sharing && page.incomplete() && !readUpTo.equals(written)) {
                // The missing events may all precede the start position.
                sharing = false;
                readUpTo = written;
                return readNext();
            }
            if (page.incomplete()
                    && page.events().isEmpty()
                    && readUpTo.equals(start)
                    && !start.equals(Position.NONE)) {
                // The log no longer has the epoch of the start position: announce a gap and replay all of the log.
                sharing = false;
                readUpTo = Position.NONE;
                ByteArrayOutputStream part = new ByteArrayOutputStream();
                addGap(part);
                return fanOut.replay(connection, part.toByteArray())
                        .thenCompose(x -> fanOut.awaitReplayWritten(connection))
                        .thenCompose(x -> readNext());
            }
            return writePage(page, 0);
        });
    }

    private CompletionStage<Page> read() {
        if (sharing) {
            return shared.read(
                    tenant, readUpTo, bufferedSinceNanos == 0 ? shared.nanoTime() - STALE_NANOS : bufferedSinceNanos);
        }
        charge.require(retainedBytes + Log.PAGE_BYTES);
        Position after = readUpTo;
        int events = pageEvents;
        return reads.read(() -> log.read(tenant, filter.readScopes(), after, events));
    }

    /** Writes a page, beginning with the event of this index. */
    private CompletionStage<Void> writePage(Page page, int from) {
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        // A client that asks for the whole log cannot miss events before it.
        if (!start.equals(Position.NONE) && (page.incomplete() || page.last().epoch() != start.epoch())) {
            // The end of the previous epoch is unknown: acknowledged events there may be lost.
            addGap(part);
        }
        int next = addTo(part, page, from);
        int added = next - from;
        if (next < page.events().size() || part.size() >= PART_BYTES) {
            return write(part, page, next, added);
        }
        written = later(written, page.last());
        readUpTo = page.last();
        boolean more = page.more();
        return write(part).thenCompose(x -> more ? readNext() : CompletableFuture.completedFuture(null));
    }

    /** Adds events to a part in log order, including retained events that the log no longer has. */
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
                    encode(first).ifPresent(part::writeBytes);
                }
            } else if (live == null) {
                return next;
            } else {
                next++;
                if (live.at().isAfter(written)) {
                    add(live, part);
                    written = live.at();
                }
            }
        }
        return next;
    }

    /** Writes a part. Continues with the page if the socket accepts the part at once; otherwise reads the page again later. */
    private CompletionStage<Void> write(ByteArrayOutputStream part, Page page, int next, int added) {
        return fanOut.replay(connection, part.toByteArray()).thenCompose(accepted -> {
            if (accepted) {
                return writePage(page, next);
            }
            if (!sharing) {
                readUpTo = later(readUpTo, written);
                pageEvents = Math.clamp(2L * added, MIN_PAGE_EVENTS, PAGE_EVENTS);
            }
            return waitForClient().thenCompose(x -> readNext());
        });
    }

    private CompletionStage<Void> write(ByteArrayOutputStream part) {
        return part.size() == 0
                ? CompletableFuture.completedFuture(null)
                : fanOut.replay(connection, part.toByteArray())
                        .thenCompose(accepted -> accepted ? CompletableFuture.completedFuture(null) : waitForClient());
    }

    /** Releases the page's charge while the client reads. */
    private CompletionStage<Void> waitForClient() {
        boolean _ = charge.set(retainedBytes);
        return fanOut.awaitReplayWritten(connection);
    }

    private static Position later(Position one, Position other) {
        return other.isAfter(one) ? other : one;
    }

    private void add(Live live, ByteArrayOutputStream part) {
        Live next = retained.peek();
        boolean isRetained = next != null && next.at().compareTo(live.at()) == 0;
        RetentionView.State state = retention.of(live);
        if (isRetained) {
            retained.remove();
            state = RetentionView.State.AVAILABLE;
        }
        if (state == RetentionView.State.NEVER || received.includes(live)) {
            return;
        }
        Optional<byte[]> bytes = encode(live);
        if (bytes.isPresent() && state == RetentionView.State.AVAILABLE) {
            part.writeBytes(bytes.get());
        } else if (bytes.isPresent()) {
            addGap(part);
        }
    }

    /** Empty: the client has received the event already, or may not read it. */
    private Optional<byte[]> encode(Live live) {
        Collection<Interest> missing = starts.missing(live);
        return missing.isEmpty() ? Optional.empty() : fanOut.encodeFor(connection, live, missing);
    }

    private void addGap(ByteArrayOutputStream part) {
        if (!gapAdded) {
            gapAdded = true;
            part.writeBytes(fanOut.gap(connection, "history", start));
        }
    }
}
