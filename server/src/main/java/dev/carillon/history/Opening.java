package dev.carillon.history;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.fanout.Connection;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.Start;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Opens a connection that has been attached: its retained events in log order, then everything after the head that was read
 * together with them. Events that came between attaching and that reading wait in the connection; those up to the head are
 * older than the stream and are dropped there.
 */
public final class Opening {
    private static final Snapshot NOTHING = new Snapshot(Position.NONE, List.of());

    private final Channel channel;
    private final FanOut fanOut;

    public Opening(Broker broker, FanOut fanOut) {
        this.channel = broker.channel();
        this.fanOut = fanOut;
    }

    /**
     * Opens the connection.
     *
     * @param interests of one tenant, and of the system log; joined, and attached
     * @param first the bytes that come before everything else
     * @return fails when the broker does; then the connection is still opening, and its owner ends it
     */
    public CompletionStage<Void> open(Connection connection, Tenant tenant, List<Interest> interests, byte[] first) {
        CompletableFuture<Snapshot> own = snapshot(tenant, interests);
        CompletableFuture<Snapshot> system = snapshot(Tenant.SYSTEM, interests);
        return own.thenCombine(system, (o, s) -> {
            List<Live> retained = new ArrayList<>(s.retained());
            retained.addAll(o.retained());
            fanOut.open(connection, first, retained, new Start(o.head(), s.head()));
            return null;
        });
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
