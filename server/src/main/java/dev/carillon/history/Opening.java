package dev.carillon.history;

import dev.carillon.auth.Grants;
import dev.carillon.base.Bytes;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.IoThread;
import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.Start;
import dev.carillon.fanout.Subscription;
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
import org.jspecify.annotations.Nullable;

/**
 * Opens connections, so that there is neither a gap nor a duplicate between what was and what comes.
 *
 * <p>A new client has the retained events of its scopes in log order, then everything after the head that was read together with
 * them. One that resumes has what it missed; where that is not known, or not kept, it is told {@code carillon.gap}. Meanwhile live
 * events wait in the connection; those up to the head are older than the stream and are dropped there.
 */
public final class Opening {
    private static final Snapshot NOTHING = new Snapshot(Position.NONE, List.of());
    private static final byte[] NO_BYTES = {};

    private final Broker broker;
    private final Channel channel;
    private final FanOut fanOut;
    private final ScopePolicies policies;
    private final MemoryBudget budget;
    private final SharedReads shared;

    public Opening(Broker broker, FanOut fanOut, ScopePolicies policies, MemoryBudget budget) {
        this.broker = broker;
        this.channel = broker.channel();
        this.fanOut = fanOut;
        this.policies = policies;
        this.budget = budget;
        this.shared = new SharedReads(broker.log(), budget);
    }

    /**
     * Takes a connection in; on the pipe's I/O thread, after the feed has joined its interests.
     *
     * @param from as {@link #open} will be given it
     */
    public Connection take(IoThread ioThread, Pipe pipe, Subscription subscription, @Nullable From from) {
        return from instanceof From.Known
                ? fanOut.take(ioThread, pipe, subscription)
                : fanOut.attach(ioThread, pipe, subscription);
    }

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
     * Opens a connection that was taken in.
     *
     * @param first the bytes that come before everything else
     * @param from as it was {@linkplain #locate located}; null: a new client
     * @return fails when the broker does; then the connection is still opening, and its owner ends it. Fails with {@link
     *     dev.carillon.fanout.GoneException} when the client has left
     */
    public CompletionStage<Void> open(Connection connection, Tenant tenant, byte[] first, @Nullable From from) {
        return switch (from) {
            case null -> begin(connection, tenant, first);
            // Its head must not be out before it is live: nothing of what comes then would be replayed.
            case From.Unknown _ ->
                begin(connection, tenant, Bytes.join(first, fanOut.gap(connection, "unknown", null)));
            case From.Known known -> write(connection, first).thenCompose(x -> resume(connection, tenant, known));
            case From.LastEvent _ -> throw new IllegalArgumentException("it was not located");
        };
    }

    private CompletionStage<Void> begin(Connection connection, Tenant tenant, byte[] first) {
        List<Interest> interests = connection.interests();
        CompletableFuture<Snapshot> own = snapshot(tenant, interests);
        CompletableFuture<Snapshot> side = snapshot(sideLog(interests), interests);
        return own.thenCombine(side, (o, s) -> {
            List<Live> retained = new ArrayList<>(s.retained());
            retained.addAll(o.retained());
            fanOut.open(connection, first, retained, new Start(o.head(), s.head()));
            return null;
        });
    }

    private CompletionStage<Void> resume(Connection connection, Tenant tenant, From.Known known) {
        MemoryBudget.Charge charge = budget.open(connection.address(), MemoryBudget.Use.REPLAY);
        Replay replay =
                new Replay(broker, shared, policies, fanOut, connection, tenant, connection.interests(), charge);
        return told(connection, known)
                .thenCompose(x -> replay.run(known.at()))
                .whenComplete((x, e) -> charge.close())
                .thenCompose(upTo -> resumeSideLog(connection, known)
                        .thenAccept(side ->
                                fanOut.open(connection, NO_BYTES, side.retained(), new Start(upTo, side.head()))));
    }
    /**
     * System events keep no history. Announcements of subscriptions do, but have no ids: those since the time of the event after which
     * the client goes on are repeated, rather than one be missed.
     */
    private CompletionStage<Snapshot> resumeSideLog(Connection connection, From.Known known) {
        List<Interest> interests = connection.interests();
        Tenant sideLog = sideLog(interests);
        return sideLog.isAnnouncements()
                ? new AnnouncementReplay(
                                shared,
                                fanOut,
                                connection,
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
                : write(connection, fanOut.repeated(connection, from.id(), since));
    }

    /** Completes when the client has taken it. */
    private CompletionStage<Void> write(Connection connection, byte[] bytes) {
        return fanOut.replay(connection, bytes).thenCompose(x -> fanOut.taken(connection));
    }

    private CompletableFuture<Snapshot> snapshot(Tenant tenant, List<Interest> interests) {
        Wanted wanted = Wanted.of(tenant, interests);
        return wanted.isNothing()
                ? CompletableFuture.completedFuture(NOTHING)
                : channel.snapshot(tenant, wanted.scopes()).toCompletableFuture();
    }
}
