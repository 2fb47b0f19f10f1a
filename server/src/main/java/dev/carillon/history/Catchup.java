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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/**
 * What memberships have before their live events, so that there is neither a gap nor a duplicate between them.
 *
 * <p>A new membership has the retained events of its scope in log order, then everything after the head that was read together with them. One
 * that resumes has what it missed; where that is not known, or not kept, the client receives {@code carillon.gap}.
 */
public final class Catchup {
    private static final Snapshot NOTHING = new Snapshot(Position.NONE, List.of());

    private final Broker broker;
    private final Channel channel;
    private final FanOut fanOut;
    private final ScopePolicies policies;
    private final MemoryBudget budget;
    private final SharedReads shared;

    public Catchup(Broker broker, FanOut fanOut, ScopePolicies policies, MemoryBudget budget, LongSupplier nanoTime) {
        this.broker = broker;
        this.channel = broker.channel();
        this.fanOut = fanOut;
        this.policies = policies;
        this.budget = budget;
        this.shared = new SharedReads(broker.log(), budget, nanoTime);
    }

    /**
     * With what memberships go live.
     *
     * @param retained events to be written first
     */
    public record Ready(List<Live> retained, LiveFrom from) {}

    /** Looks up where a client with these interests was. Fails as the broker does. */
    public CompletionStage<From> locate(Grants grants, Collection<Interest> interests, String lastEventId) {
        Wanted wanted = Wanted.of(grants.tenant(), interests);
        return Place.of(broker.log(), wanted, event -> mayHave(grants, event), lastEventId)
                .thenApply(found -> found.<From>map(place -> new From.Known(place.at(), place.since(), lastEventId))
                        .orElseGet(From.Unknown::new));
    }

    /**
     * Whether the event after which a client goes on may be named to it: it is still there, and not a private one that the client may not
     * have. A cursor names none.
     */
    public CompletionStage<Boolean> mayName(Grants grants, From.Known from) {
        Position at = from.at();
        if (at.equals(Position.NONE) || Cursor.isCursor(from.id())) {
            return CompletableFuture.completedFuture(true);
        }
        Position before = new Position(at.epoch(), at.sequence() - 1, at.atMillis());
        return broker.log()
                .read(grants.tenant(), List.of(), before, 1)
                .thenApply(page -> page.events().stream()
                        .filter(live -> live.at().compareTo(at) == 0)
                        .map(Live::event)
                        .anyMatch(event -> mayHave(grants, event)));
    }

    private static boolean mayHave(Grants grants, Event event) {
        return !event.isPrivate() || grants.mayReadAnyOf(event.scopes());
    }

    /**
     * Reads what new memberships begin with, after the connection has begun to hold back their live events. Fails as the broker does.
     *
     * @param received what the connection has by the memberships that it has already
     */
    public CompletionStage<Ready> begin(Tenant tenant, List<Interest> interests, Received received) {
        CompletableFuture<Snapshot> own = snapshot(tenant, interests);
        CompletableFuture<Snapshot> side = snapshot(sideLog(interests), interests);
        return own.thenCombine(side, (o, s) -> {
            List<Live> retained = new ArrayList<>(s.retained());
            retained.addAll(o.retained());
            // An older one may be the state of these scopes alone: the client rather has it again.
            retained.removeIf(received::includes);
            return new Ready(retained, new LiveFrom(o.head(), s.head(), o.head()));
        });
    }

    /**
     * Writes to a connection, part by part, what memberships missed since a position; towards the end it has the connection {@linkplain
     * FanOut#hold hold back} their live events. Fails as the broker does, and when the client leaves.
     *
     * @param interests those of the memberships; the connection is in none of their lists
     */
    public CompletionStage<Ready> resume(
            Connection connection, List<Interest> interests, From.Known known, Received received) {
        Tenant tenant = connection.grants().tenant();
        MemoryBudget.Charge charge = budget.open(connection.address(), MemoryBudget.Use.REPLAY);
        Replay replay = new Replay(broker, shared, policies, fanOut, connection, tenant, interests, received, charge);
        return told(connection, known)
                .thenCompose(x -> replay.run(known.at()))
                .whenComplete((x, e) -> charge.close())
                .thenCompose(upTo -> resumeSideLog(connection, interests, known)
                        .thenApply(side -> new Ready(side.retained(), new LiveFrom(upTo, side.head(), known.at()))));
    }

    /**
     * System events keep no history. Announcements of subscriptions do, but have no ids: those since the time of the event after which
     * the client goes on are repeated, rather than one be missed.
     */
    private CompletionStage<Snapshot> resumeSideLog(Connection connection, List<Interest> interests, From.Known known) {
        Tenant sideLog = sideLog(interests);
        return sideLog.isAnnouncements()
                ? new AnnouncementReplay(
                                shared,
                                fanOut,
                                connection,
                                interests,
                                Wanted.of(sideLog, interests),
                                known.at().atMillis())
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

    private CompletionStage<Void> told(Connection connection, From.Known from) {
        Position since = from.since();
        return since == null
                ? CompletableFuture.completedFuture(null)
                : fanOut.replay(connection, fanOut.repeated(connection, from.id(), since))
                        .thenCompose(x -> fanOut.taken(connection));
    }

    private CompletableFuture<Snapshot> snapshot(Tenant tenant, List<Interest> interests) {
        Wanted wanted = Wanted.of(tenant, interests);
        return wanted.isNothing()
                ? CompletableFuture.completedFuture(NOTHING)
                : channel.snapshot(tenant, wanted.scopes()).toCompletableFuture();
    }
}
