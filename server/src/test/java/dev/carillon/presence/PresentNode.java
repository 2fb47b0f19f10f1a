package dev.carillon.presence;

import static dev.carillon.broker.RecordingNode.get;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.Store;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.webhook.WebhookLog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** The parts of a node that know of other nodes and of presence. Time passes for it when the test says so. */
final class PresentNode implements AutoCloseable {
    static final Duration GRACE = Duration.ofSeconds(10);

    private final String id;
    private final Broker broker;
    private final NodeRegistry registry;
    private final ScopePresence presence;
    private boolean ticks = true;

    PresentNode(String address, String id, LongSupplier nanoTime) {
        this.id = id;
        this.broker = Brokers.open(address, PatientOptions.of(id));
        this.registry = NodeRegistry.register(
                broker.store(),
                System.currentTimeMillis(),
                new NodeRegistry.Registration(
                        id,
                        generation -> new NodeRecord(id, generation, Optional.empty(), 0, 0),
                        () -> true,
                        nanoTime));
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

    String id() {
        return id;
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

    /** What a node does every second or two; returns when its record is written. */
    void tick() {
        if (ticks) {
            get(registry.tick());
            presence.tick();
        }
    }

    /** Whether it has done what it could at this time. */
    boolean isSettled() {
        return !ticks || presence.isSettled();
    }

    /** As a process that is stopped for a while. */
    void pause() {
        ticks = false;
    }

    void resume() {
        ticks = true;
    }

    /** As a node that is stopped: it removes its record. */
    void leave() {
        pause();
        boolean _ = get(registry.leave());
        close();
    }

    /** Stops all communication. */
    void crash() {
        pause();
        broker.close();
    }

    @Override
    public void close() {
        presence.close();
        crash();
    }
}
