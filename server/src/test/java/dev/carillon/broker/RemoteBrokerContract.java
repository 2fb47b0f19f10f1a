package dev.carillon.broker;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.process.Relay;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The contract of a broker with a separate server, when the server or its connection fails. */
public abstract class RemoteBrokerContract extends BrokerContract {

    /** The server that this class shares; it is restarted in place. */
    protected abstract TestServer server();

    @Override
    protected AutoCloseable stall() {
        server().pause();
        return server()::resume;
    }

    @Override
    protected Broker open(BrokerOptions options) {
        return Brokers.open(server().address(), options);
    }

    private RecordingNode nodeBehind(Relay relay, String id) {
        return closing(new RecordingNode(Brokers.open(server().address(relay), BrokerOptions.of(id))));
    }

    @Test
    void server_restarted_with_its_data_continues() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        two.join(tenant, A, B);
        Set<String> positions = new HashSet<>();
        Event given = Event.to(A).tenant(tenant).id("again").data("1").build();
        Appended first = get(one.channel().broadcast(given));
        use(positions, first);
        retain(one, "kept", B);

        server().restart(TestServer.Data.KEPT);
        awaitBack(one, two);

        untilBroadcast(two, "back", ROUTE);
        Appended after = untilBroadcast(one, "2", A);
        use(positions, after);
        awaitData("2", one, two);
        assertThat(after.at()).isGreaterThan(first.at());
        Appended again = get(two.channel().broadcast(given));
        assertThat(again.duplicate()).isTrue();
        assertThat(again.at().sequence()).isEqualTo(first.at().sequence());
        assertThat(get(two.channel().snapshot(tenant, List.of(B))).retained()).hasSize(1);
        Page page = get(one.broker().log().read(tenant, List.of(A), first.at(), 10));
        assertThat(page.incomplete()).isFalse();
        assertThat(page.events().stream().map(l -> l.event().data())).containsExactly("2");
        awaitTold(one, two);
    }

    @Test
    void server_restarted_without_its_data_opens_a_new_epoch() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        two.join(tenant, A);
        Set<String> positions = new HashSet<>();
        Position last = Position.NONE;
        for (int i = 0; i < 20; i++) {
            Appended answer = broadcast(one, "" + i, A);
            use(positions, answer);
            last = answer.at();
        }

        server().restart(TestServer.Data.LOST);
        awaitBack(one, two);

        use(positions, untilBroadcast(one, "after", A));
        use(positions, untilBroadcast(two, "after too", A));
        for (int i = 0; i < 40; i++) {
            use(positions, broadcast(i % 2 == 0 ? one : two, "more " + i, A));
        }
        awaitData("more 39", one, two);
        Page page = get(one.broker().log().read(tenant, List.of(A), last, 100));
        assertThat(page.incomplete()).isTrue();
        awaitTold(one, two);
    }

    @Test
    void server_restarted_from_an_older_copy_opens_a_new_epoch_and_reports_lost_positions() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, A);
        two.join(tenant, A);
        Set<String> positions = new HashSet<>();
        Position inCopy = Position.NONE;
        for (int i = 0; i < 10; i++) {
            Appended answer = broadcast(one, "copied " + i, A);
            use(positions, answer);
            inCopy = answer.at();
        }
        server().saveCopy();
        awaitBack(one, two);
        use(positions, untilBroadcast(one, "back", A));
        Position lost = Position.NONE;
        for (int i = 0; i < 50; i++) {
            Appended answer = broadcast(one, "lost " + i, A);
            use(positions, answer);
            lost = answer.at();
        }

        server().restart(TestServer.Data.OLDER);
        awaitBack(one, two);

        use(positions, untilBroadcast(two, "after", A));
        use(positions, untilBroadcast(one, "after too", A));
        for (int i = 0; i < 80; i++) {
            use(positions, broadcast(i % 2 == 0 ? one : two, "more " + i, A));
        }
        awaitData("more 79", one, two);
        Page fromLost = get(one.broker().log().read(tenant, List.of(A), lost, 1_000));
        assertThat(fromLost.incomplete()).as("from a lost position").isTrue();
        assertThat(fromLost.events().stream().map(l -> l.event().data()))
                .contains("more 0", "more 79")
                .doesNotContain("copied 9");
        Page fromCopy = get(one.broker().log().read(tenant, List.of(A), inCopy, 1_000));
        assertThat(fromCopy.incomplete())
                .as("from a position that was restored")
                .isFalse();
        assertThat(fromCopy.events().stream().map(l -> l.event().data())).contains("more 0", "more 79");
        List<Position> seen = one.events().stream().map(Live::at).toList();
        assertThat(seen).isSorted();
    }

    @Test
    void broadcast_while_the_server_is_unavailable_fails_in_time_and_is_never_delivered() {
        RecordingNode one = node(BrokerOptions.of("one").timeout(Duration.ofSeconds(1)));
        RecordingNode two = node("two");
        two.join(tenant, A);
        broadcast(one, "before", A);
        server().stop();
        await().until(() -> !one.broker().health().connected());
        // A broadcast that did not fail in time would have no outcome.
        for (int i = 0; i < 20; i++) {
            int number = i;
            assertThatThrownBy(() -> broadcast(one, "never " + number, A))
                    .isInstanceOf(BrokerUnavailableException.class);
        }
        assertThat(one.broker().health().unavailableSince()).isPresent();
        server().start();
        awaitBack(one, two);

        untilBroadcast(two, "back", ROUTE);
        untilBroadcast(one, "after", A);

        awaitData("after", two);
        assertThat(two.data()).noneMatch(d -> d.startsWith("never"));
        assertThat(readLenient(one)).noneMatch(d -> d.startsWith("never"));
    }

    @Test
    void lost_connection_under_traffic_shows_a_gap() {
        try (Relay relay = new Relay(server().port())) {
            RecordingNode one = nodeBehind(relay, "one");
            RecordingNode two = node("two");
            one.join(tenant, A, B);
            broadcast(two, "before", A);
            awaitEvents(1, one);

            relay.cut();
            await().until(() -> !one.broker().health().connected());
            Appended missed = broadcast(two, "missed", A);
            relay.heal();
            awaitBack(one);
            broadcast(two, "after", A);

            awaitData("after", one);
            Live after = one.events().getLast();
            assertThat(one.data()).doesNotContain("missed");
            assertThat(after.links().getFirst().previous())
                    .isEqualTo(missed.at().sequence());
            one.close();
        }
    }

    @Test
    void lost_connection_without_traffic_shows_in_the_heads() {
        try (Relay relay = new Relay(server().port())) {
            RecordingNode one = nodeBehind(relay, "one");
            RecordingNode two = node("two");
            one.join(tenant, A);
            broadcast(two, "before", A);
            awaitEvents(1, one);
            Map<Chain, Long> seen = new HashMap<>();
            one.delivered()
                    .getFirst()
                    .links()
                    .forEach(l ->
                            seen.put(l.chain(), one.delivered().getFirst().at().sequence()));

            relay.cut();
            await().until(() -> !one.broker().health().connected());
            Appended missed = broadcast(two, "missed", A);
            relay.heal();
            awaitBack(one);

            Map<Chain, Position> heads = get(one.broker().log().heads(List.of(Interest.in(tenant, A))));
            assertThat(heads.entrySet())
                    .anySatisfy(e -> assertThat(e.getValue().sequence())
                            .isEqualTo(missed.at().sequence())
                            .isGreaterThan(seen.getOrDefault(e.getKey(), 0L)));
            one.close();
        }
    }

    @Test
    void silent_connection_is_detected_and_replaced() {
        try (Relay relay = new Relay(server().port())) {
            RecordingNode one = nodeBehind(relay, "one");
            RecordingNode two = node("two");
            one.join(tenant, A);
            two.join(tenant, A);

            relay.blackHole();
            Appended missed = broadcast(two, "in the gap", A);
            await().until(() -> !one.broker().health().connected());
            assertThatThrownBy(() -> broadcast(one, "never", A)).isInstanceOf(BrokerUnavailableException.class);
            relay.heal();
            awaitBack(one);

            broadcast(two, "after", A);
            awaitData("after", one, two);
            assertThat(two.data()).containsExactly("in the gap", "after");
            assertThat(get(one.broker().log().read(tenant, List.of(A), missed.at(), 10))
                            .incomplete())
                    .isFalse();
            one.close();
        }
    }

    @Test
    void restarts_under_traffic_never_use_a_position_twice() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        List<Scope> scopes = List.of(A, B, ROUTE, Scope.GLOBAL);
        one.join(tenant, scopes);
        two.join(tenant, scopes);
        Map<String, String> positions = new HashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        Set<Integer> begun = ConcurrentHashMap.newKeySet();
        List<CompletableFuture<Void>> broadcasters = new ArrayList<>();
        for (int b = 0; b < 4; b++) {
            RecordingNode from = node("from" + b);
            int number = b;
            Runnable traffic = () -> {
                for (int i = 0; !stop.get() && i < 1_000_000; i++) {
                    try {
                        String data = number + "-" + i;
                        Appended answer = broadcast(from, data, scopes.get(i % 4));
                        synchronized (positions) {
                            String before = positions.put(
                                    answer.at().epoch() + ":" + answer.at().sequence(), data);
                            assertThat(before).as("position " + answer.at()).isNull();
                        }
                        begun.add(number);
                    } catch (CarillonException e) {
                        // The outage is intended. More than four failing threads would leave no processor to the
                        // server.
                        await().until(() -> stop.get() || from.broker().health().connected());
                    }
                }
            };
            broadcasters.add(CompletableFuture.runAsync(traffic, Thread::startVirtualThread));
        }
        try {
            await().until(() -> begun.size() == 4);
            server().saveCopy();
            untilBroadcast(one, "1", A);
            server().restart(TestServer.Data.OLDER);
            untilBroadcast(one, "2", A);
            server().restart(TestServer.Data.LOST);
            untilBroadcast(one, "3", A);
            server().restart(TestServer.Data.KEPT);
            untilBroadcast(one, "4", A);
        } finally {
            stop.set(true);
        }

        broadcasters.forEach(RecordingNode::get);
        for (RecordingNode node : List.of(one, two)) {
            for (Live live : node.events()) {
                String acknowledged =
                        positions.get(live.at().epoch() + ":" + live.at().sequence());
                assertThat(acknowledged == null
                                || acknowledged.equals(live.event().data()))
                        .as("what was acknowledged at " + live.at())
                        .isTrue();
            }
        }
    }

    @Test
    void refused_name_does_not_stop_delivery_after_a_reconnect() {
        RecordingNode one = node("one");
        RecordingNode two = node("two");
        one.join(tenant, Scope.topic("x".repeat(Scope.MAX_NAME_BYTES)), A);
        assertThatThrownBy(() -> Scope.topic("x".repeat(Scope.MAX_NAME_BYTES + 1)))
                .isInstanceOf(CarillonException.class);
        broadcast(two, "1", Scope.topic("x".repeat(Scope.MAX_NAME_BYTES)));

        server().restart(TestServer.Data.KEPT);
        awaitBack(one, two);
        untilBroadcast(two, "2", A);

        awaitData("2", one);
    }

    @Test
    void absent_server_is_reported_within_the_start_timeout() {
        int port = ServerProcess.freePort();
        BrokerOptions options = BrokerOptions.of("one").startTimeout(Duration.ofSeconds(1));

        assertThatThrownBy(() -> Brokers.open(server().scheme() + "://127.0.0.1:" + port, options))
                .isInstanceOf(BrokerUnavailableException.class)
                .hasMessageContaining(Integer.toString(port));
    }

    /** Broadcasts until acknowledged; the event may therefore be delivered more than once. */
    protected Appended untilBroadcast(RecordingNode from, String data, Scope scope) {
        Appended[] answer = new Appended[1];
        await().pollInterval(Duration.ofMillis(50)).until(() -> {
            try {
                answer[0] = broadcast(from, data, scope);
                return true;
            } catch (CarillonException e) {
                return false;
            }
        });
        return answer[0];
    }

    protected static void awaitData(String data, RecordingNode... nodes) {
        for (RecordingNode node : nodes) {
            await().until(() -> node.data().contains(data));
        }
    }

    /** Waits until every node is connected again: a disconnected one would rightly miss the broadcast. */
    protected static void awaitBack(RecordingNode... nodes) {
        for (RecordingNode node : nodes) {
            await().until(() -> node.broker().health().connected()
                    && node.health().stream().anyMatch(HealthEvent.Connected.class::isInstance));
        }
    }

    private static void awaitTold(RecordingNode... nodes) {
        for (RecordingNode node : nodes) {
            await().untilAsserted(() -> assertThat(node.health().stream().map(Object::getClass))
                    .contains(
                            HealthEvent.Unavailable.class,
                            HealthEvent.Connected.class,
                            HealthEvent.PossibleLoss.class));
        }
    }

    private static void use(Set<String> positions, Appended answer) {
        assertThat(positions.add(answer.at().epoch() + ":" + answer.at().sequence()))
                .as("position " + answer.at() + " is new")
                .isTrue();
    }

    private List<String> readLenient(RecordingNode node) {
        return get(node.broker().log().read(tenant, List.of(), Position.NONE, Log.MAX_PAGE)).events().stream()
                .map(l -> l.event().data())
                .toList();
    }
}
