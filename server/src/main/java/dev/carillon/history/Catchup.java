package dev.carillon.history;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.LiveFrom;
import dev.carillon.fanout.Received;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/**
 * Reads the events that memberships receive before their live ones, so that there is neither a gap nor a duplicate between them.
 *
 * <p>A new membership receives the retained events of its scope in log order, then every event after the head that was read together with
 * them. One that resumes receives the events it missed; if the log does not know its position or no longer has the events, the client receives
 * {@code carillon.gap}.
 */
public final class Catchup {
    private static final Snapshot NOTHING = new Snapshot(Position.NONE, List.of());

    private final Broker broker;
    private final Channel channel;
    private final FanOut fanOut;
    private final ScopePolicies policies;
    private final MemoryBudget budget;
    private final SharedReads shared;
    private final BoundedReads reads = new BoundedReads();

    public Catchup(Broker broker, FanOut fanOut, ScopePolicies policies, MemoryBudget budget, LongSupplier nanoTime) {
        this.broker = broker;
        this.channel = broker.channel();
        this.fanOut = fanOut;
        this.policies = policies;
        this.budget = budget;
        this.shared = new SharedReads(broker.log(), budget, nanoTime);
    }

    /**
     * The result: memberships can go live.
     *
     * @param retained events to write before live ones
     * @param from where live events begin
     */
    public record Ready(List<Live> retained, LiveFrom from) {}

    /** Finds the position of the last event that a client received. Fails as the broker does. */
    public CompletionStage<StartPoint> locate(Grants grants, Collection<Interest> interests, String lastEventId) {
        ReadFilter filter = ReadFilter.of(grants.tenant(), interests);
        return reads.read(() -> ResumePosition.of(broker.log(), filter, event -> mayRead(grants, event), lastEventId))
                .thenApply(found -> found.<StartPoint>map(
                                position -> new StartPoint.Known(position.at(), position.since(), lastEventId))
                        .orElseGet(StartPoint.Unknown::new));
    }

    /**
     * Whether the answer may name the event after which a client resumes: the log still has it, and the client may read it. A cursor names no
     * event and may always be repeated.
     */
    public CompletionStage<Boolean> mayName(Grants grants, StartPoint.Known from) {
        Position at = from.at();
        if (at.equals(Position.NONE) || Cursor.isCursor(from.id())) {
            return CompletableFuture.completedFuture(true);
        }
        Position before = new Position(at.epoch(), at.sequence() - 1, at.atMillis());
        return reads.read(() -> broker.log().read(grants.tenant(), List.of(), before, 1))
                .thenApply(page -> page.events().stream()
                        .filter(live -> live.at().compareTo(at) == 0)
                        .map(Live::event)
                        .anyMatch(event -> mayRead(grants, event)));
    }

    private static boolean mayRead(Grants grants, Event event) {
        return grants.mayRead(event, false);
    }

    /**
     * Reads the retained events for new memberships, whose live events must be buffered already. Fails as the broker does.
     *
     * @param received events that the connection receives by other memberships; they are left out
     */
    public CompletionStage<Ready> begin(Tenant tenant, List<Interest> interests, Received received) {
        CompletableFuture<Snapshot> own = snapshot(tenant, interests);
        CompletableFuture<Snapshot> side = snapshot(sideLog(interests), interests);
        return own.thenCombine(side, (o, s) -> {
            List<Live> retained = new ArrayList<>(s.retained());
            retained.addAll(o.retained());
            // A retained event that no other membership delivered may be the only state of these scopes, so it is kept
            // even if it is old.
            retained.removeIf(received::includes);
            return new Ready(retained, new LiveFrom(o.head(), s.head(), o.head()));
        });
    }

    /**
     * Writes the events that memberships missed since their start points to the connection, part by part. Towards the end the connection {@linkplain
     * FanOut#joinAsync joins} the interests and buffers their live events. Fails as the broker does, and when the connection closes.
     *
     * @param starts of the memberships, none of which the connection has joined
     */
    public CompletionStage<Ready> resume(Connection connection, Starts starts, Received received) {
        Tenant tenant = connection.grants().tenant();
        MemoryBudget.Charge charge = budget.open(connection.address(), MemoryBudget.Use.REPLAY);
        Replay replay =
                new Replay(broker, reads, shared, policies, fanOut, connection, tenant, starts, received, charge);
        return announceRepeated(connection, starts)
                .thenCompose(x -> replay.run())
                .whenComplete((x, e) -> charge.close())
                // A client that names a later start point for a scope has received the scope's events up to there.
                .thenCompose(upTo -> resumeSideLog(connection, starts)
                        .thenApply(side ->
                                new Ready(side.retained(), new LiveFrom(upTo, side.head(), starts.earliest()))));
    }

    /**
     * System events have no history. Subscription announcements have one but no ids: all announcements since the time of the client's last event are
     * replayed, so that some may be repeated but none is missed.
     */
    private CompletionStage<Snapshot> resumeSideLog(Connection connection, Starts starts) {
        List<Interest> interests = starts.interests();
        Tenant sideLog = sideLog(interests);
        return sideLog.isAnnouncements()
                ? new AnnouncementReplay(
                                shared,
                                fanOut,
                                connection,
                                interests,
                                ReadFilter.of(sideLog, interests),
                                starts.earliest().atMillis())
                        .run()
                        .thenApply(upTo -> new Snapshot(upTo, List.of()))
                : snapshot(sideLog, interests);
    }

    private static Tenant sideLog(List<Interest> interests) {
        for (Interest interest : interests) {
            if (interest.tenant().isSideLog()) {
                return interest.tenant();
            }
        }
        return Tenant.SYSTEM;
    }

    private CompletionStage<Void> announceRepeated(Connection connection, Starts starts) {
        CompletionStage<Void> announced = CompletableFuture.completedFuture(null);
        for (StartPoint.Known from : starts.repeated()) {
            announced = announced
                    .thenCompose(x -> fanOut.replay(
                            connection, fanOut.repeated(connection, from.id(), Objects.requireNonNull(from.since()))))
                    .thenCompose(x -> fanOut.awaitReplayWritten(connection));
        }
        return announced;
    }

    private CompletableFuture<Snapshot> snapshot(Tenant tenant, List<Interest> interests) {
        ReadFilter filter = ReadFilter.of(tenant, interests);
        return filter.isEmpty()
                ? CompletableFuture.completedFuture(NOTHING)
                : reads.read(() -> channel.snapshot(tenant, filter.scopes()));
    }
}
