package dev.carillon.broadcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.SplitBroker;
import dev.carillon.broker.memory.MemoryOutage;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BroadcasterTest {
    private static final Scope ORDERS = Scope.topic("orders");
    private static final Scope NEWS = Scope.topic("news");
    private static final Grants OF_ORDERS =
            new Grants(Tenant.DEFAULT, null, List.of(), List.of(new Selector("topic:orders")), null);

    private final Broker broker = Brokers.open("memory://broadcaster-test", PatientOptions.of("n"));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> local = new ArrayList<>();
    private final Broadcaster broadcaster = new Broadcaster(
            broker,
            (event, id) -> local.add(id),
            ScopePolicies.parse(List.of()),
            (tenant, bytes) -> {},
            registry,
            Platform.system().secureRandom(),
            BroadcastTrace.OFF,
            BroadcastLog.NONE);

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void client_broadcasts_what_its_grants_cover_and_nothing_else() {
        assertThat(get(broadcaster.broadcast(OF_ORDERS, event(Tenant.DEFAULT, ORDERS), Idempotency.NONE))
                        .nodeOnly())
                .isFalse();
        assertThatThrownBy(
                        () -> broadcaster.broadcast(OF_ORDERS, event(Tenant.DEFAULT, ORDERS, NEWS), Idempotency.NONE))
                .isInstanceOfSatisfying(
                        NotGrantedException.class, e -> assertThat(e.scope()).isEqualTo(NEWS))
                .hasMessageContaining("topic:news");
        assertThatThrownBy(() ->
                        broadcaster.broadcast(OF_ORDERS, event(Tenant.ofToken("other"), ORDERS), Idempotency.NONE))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_GRANTED));
        assertThatThrownBy(() -> broadcaster.requireAnyGranted(Grants.ANONYMOUS))
                .isInstanceOf(CarillonException.class);
        assertThat(count("accepted")).isEqualTo(1);
        assertThat(count("refused")).isEqualTo(3);
        assertThat(local).isEmpty();
    }

    @Test
    void application_broadcasts_to_any_scope_of_any_tenant_once_for_each_id() {
        Event event = Event.to(NEWS).tenant(Tenant.ofToken("other")).id("one").build();

        assertThat(get(broadcaster.broadcast(event)).id()).isEqualTo("one");
        assertThat(get(broadcaster.broadcast(event)).id()).isEqualTo("one");
        assertThat(get(broker.log().head(Tenant.ofToken("other"))).sequence()).isEqualTo(1);
        assertThat(count("accepted")).isEqualTo(2);
    }

    @Test
    void policy_of_the_scopes_decides_while_the_broker_is_unavailable() {
        Broadcaster lenient = new Broadcaster(
                broker,
                (event, id) -> local.add(id),
                ScopePolicies.parse(List.of("topic:news=0/node")),
                (tenant, bytes) -> {},
                registry,
                Platform.system().secureRandom(),
                BroadcastTrace.OFF,
                BroadcastLog.NONE);
        broker.close();

        Broadcaster.Receipt made = get(lenient.broadcast(event(Tenant.DEFAULT, NEWS)));
        Broadcaster.Receipt given =
                get(lenient.broadcast(Event.to(NEWS).id("given").build(), Idempotency.BY_ID));
        assertThat(made.nodeOnly()).isTrue();
        assertThat(given).isEqualTo(new Broadcaster.Receipt("given", true));
        assertThat(local).containsExactly(made.id(), "given");
        assertThat(lenient.broadcast(event(Tenant.DEFAULT, ORDERS)).toCompletableFuture())
                .isCompletedExceptionally();
        assertThat(count("node-only")).isEqualTo(2);
        assertThat(count("failed")).isEqualTo(1);
    }

    @Test
    void policy_decides_only_for_tenants_of_the_server_that_is_unavailable() {
        SplitBroker split = new SplitBroker("broadcaster-test", PatientOptions.of("n"));
        Broadcaster lenient = new Broadcaster(
                split,
                (event, id) -> local.add(id),
                ScopePolicies.parse(List.of("topic:news=0/node")),
                (tenant, bytes) -> {},
                registry,
                Platform.system().secureRandom(),
                BroadcastTrace.OFF,
                BroadcastLog.NONE);
        MemoryOutage.begin(split.of(SplitBroker.THERE));

        assertThat(get(lenient.broadcast(event(SplitBroker.THERE, NEWS))).nodeOnly())
                .isTrue();
        assertThat(get(lenient.broadcast(event(SplitBroker.HERE, NEWS))).nodeOnly())
                .isFalse();
        split.close();
    }

    private static Event event(Tenant tenant, Scope first, Scope... more) {
        return Event.to(first, more).tenant(tenant).data("x").build();
    }

    private double count(String outcome) {
        return registry.counter("carillon.broadcasts", "outcome", outcome).count();
    }

    private static <T> T get(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
