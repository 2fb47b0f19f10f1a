package dev.carillon.history;

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
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private final SharedReads shared;

    public Opening(Broker broker, FanOut fanOut, ScopePolicies policies) {
        this.broker = broker;
        this.channel = broker.channel();
        this.fanOut = fanOut;
        this.policies = policies;
        this.shared = new SharedReads(broker.log());
    }

    /**
     * Takes a connection in; on the pipe's I/O thread, after the feed has joined its interests.
     *
     * @param resumes whether {@link #open} will be given the id of a last event
     */
    public Connection take(IoThread ioThread, Pipe pipe, Subscription subscription, boolean resumes) {
        return resumes ? fanOut.take(ioThread, pipe, subscription) : fanOut.attach(ioThread, pipe, subscription);
    }

    /**
     * Opens a connection that was taken in.
     *
     * @param first the bytes that come before everything else
     * @param lastEventId an id or a cursor to resume from, unchecked; null: a new client
     * @return fails when the broker does; then the connection is still opening, and its owner ends it. Fails with {@link
     *     dev.carillon.fanout.GoneException} when the client has left
     */
    public CompletionStage<Void> open(
            Connection connection, Tenant tenant, byte[] first, @Nullable String lastEventId) {
        if (lastEventId == null) {
            return begin(connection, tenant, first);
        }
        return fanOut.replay(connection, first)
                .thenCompose(x -> Place.of(broker.log(), tenant, lastEventId))
                .thenCompose(place -> resume(connection, tenant, lastEventId, place));
    }

    private CompletionStage<Void> begin(Connection connection, Tenant tenant, byte[] first) {
        List<Interest> interests = connection.interests();
        CompletableFuture<Snapshot> own = snapshot(tenant, interests);
        CompletableFuture<Snapshot> system = snapshot(Tenant.SYSTEM, interests);
        return own.thenCombine(system, (o, s) -> {
            List<Live> retained = new ArrayList<>(s.retained());
            retained.addAll(o.retained());
            fanOut.open(connection, first, retained, new Start(o.head(), s.head()));
            return null;
        });
    }

    private CompletionStage<Void> resume(
            Connection connection, Tenant tenant, String lastEventId, Optional<Place> place) {
        if (place.isEmpty()) {
            return fanOut.enlist(connection)
                    .thenCompose(x -> begin(connection, tenant, fanOut.gap(connection, "unknown", null)));
        }
        Replay replay = new Replay(broker, shared, policies, fanOut, connection, tenant, connection.interests());
        return told(connection, lastEventId, place.get().since())
                .thenCompose(x -> replay.run(place.get().at()))
                .thenCompose(upTo -> snapshot(Tenant.SYSTEM, connection.interests())
                        .thenAccept(system ->
                                fanOut.open(connection, NO_BYTES, system.retained(), new Start(upTo, system.head()))));
    }

    private CompletionStage<Void> told(Connection connection, String lastEventId, @Nullable Position since) {
        return since == null
                ? CompletableFuture.completedFuture(null)
                : fanOut.replay(connection, fanOut.repeated(connection, lastEventId, since));
    }

    private CompletableFuture<Snapshot> snapshot(Tenant tenant, List<Interest> interests) {
        List<Scope> scopes = new ArrayList<>(interests.size());
        for (Interest interest : interests) {
            Scope scope = interest.scope();
            if (scope != null && interest.tenant().equals(tenant)) {
                scopes.add(scope);
            }
        }
        return scopes.isEmpty()
                ? CompletableFuture.completedFuture(NOTHING)
                : channel.snapshot(tenant, scopes).toCompletableFuture();
    }
}
