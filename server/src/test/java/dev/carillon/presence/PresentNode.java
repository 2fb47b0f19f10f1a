package dev.carillon.presence;

import static dev.carillon.broker.RecordingNode.get;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Store;
import dev.carillon.cluster.TickingNode;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.webhook.WebhookLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** A node with presence. */
final class PresentNode extends TickingNode {
    static final Duration GRACE = Duration.ofSeconds(10);

    private final ScopePresence presence;

    PresentNode(String address, String id, LongSupplier nanoTime) {
        super(address, id, nanoTime);
        this.presence = new ScopePresence(
                broker,
                new ScopePresence.Membership(id, registry.generation(), registry),
                ScopePolicies.parse(List.of("topic:secret*=10/10m/presence-private", "topic:*=100000/10m/presence")),
                GRACE,
                new WebhookLog(broker.channel()),
                new SimpleMeterRegistry(),
                Platform.system().nanoTime(nanoTime));
        registry.listen(presence::check);
    }

    long generation() {
        return registry.generation();
    }

    Store store() {
        return broker.store();
    }

    /** A connection of a user. */
    Tab open(Tenant tenant, String user, Scope... scopes) {
        return new Tab(new Grants(tenant, user, List.of(), List.of(), null).withUserData("{\"name\":\"" + user + "\"}"))
                .in(scopes);
    }

    final class Tab {
        private final Grants grants;

        private Tab(Grants grants) {
            this.grants = grants;
        }

        Tab in(Scope... scopes) {
            presence.changed(
                    this,
                    grants,
                    Stream.of(scopes)
                            .map(scope -> Interest.in(grants.tenant(), scope))
                            .toList());
            return this;
        }

        void close() {
            in();
        }
    }

    List<String> users(Tenant tenant, Scope scope) {
        return list(tenant, scope).users().stream().map(UserList.User::name).toList();
    }

    UserList list(Tenant tenant, Scope scope) {
        return get(presence.list(tenant, scope, users -> users));
    }

    @Override
    protected void tickParts() {
        presence.tick();
    }

    /** Whether it has done what it could at this time. */
    boolean isSettled() {
        return isPaused() || presence.isSettled();
    }

    /** As a node that is stopped: it removes its record. */
    void leave() {
        pause();
        boolean _ = get(registry.leave());
        close();
    }

    @Override
    public void close() {
        presence.close();
        super.close();
    }
}
