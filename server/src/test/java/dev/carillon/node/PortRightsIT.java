package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.admin.InternalRoutes;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.cluster.CallSigner;
import dev.carillon.cluster.CallVerifier;
import dev.carillon.cluster.Control;
import dev.carillon.cluster.NodeActions;
import dev.carillon.cluster.NodeCalls;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.secret.Secrets;
import dev.carillon.testkit.SseClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.undertow.server.RoutingHandler;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What operators and other nodes may do on each port: each cell of {@link PortRights} is a request to a real node. The table is one of
 * docs/threat-model.md.
 */
class PortRightsIT {
    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    private static long generation;

    @BeforeAll
    static void start() {
        cluster = new TestCluster("memory://port-rights", 1, Map.of("anonymous", "false"));
        String health =
                TestCluster.get(cluster.node(0).adminPort(), "/_health/cluster").body();
        generation = Long.parseLong(health.replaceFirst(".*\"generation\":(\\d+),.*", "$1"));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @TestFactory
    Stream<DynamicTest> each_cell_is_what_the_node_answers() {
        return PortRights.TABLE.rows().stream()
                .flatMap(row -> PortRights.TABLE.callers().stream()
                        .map(caller -> DynamicTest.dynamicTest(
                                row.request() + " by " + caller.title(),
                                () -> assertThat(ask(row, caller)).isEqualTo(row.cell(caller)))));
    }

    @Test
    void every_route_of_the_internal_port_has_a_row() {
        RoutingHandler internal = new RoutingHandler();
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        Secrets secrets = Secrets.random(new SecureRandom());
        CallSigner.NodeIdentity self = new CallSigner.NodeIdentity("n", 1);
        try (Broker broker = Brokers.open("memory://port-routes", BrokerOptions.of("n"));
                NodeCalls calls = new NodeCalls(
                        new CallSigner(secrets, self, Instant::now, new SecureRandom()), metrics, Platform.system())) {
            NodeRegistry registry = NodeRegistry.register(
                    broker.store(),
                    1,
                    new NodeRegistry.Registration(
                            "n",
                            life -> new NodeRecord("n", life, Optional.empty(), 0, 0),
                            () -> true,
                            System::nanoTime));
            new InternalRoutes(
                            new CallVerifier(secrets, self, Instant::now, System::nanoTime, metrics),
                            new Control(
                                    registry,
                                    self,
                                    calls,
                                    RightsMatrixIT.unasked(NodeActions.class),
                                    Platform.system()),
                            0)
                    .add(internal);
        }
        Set<String> routes = RightsMatrixIT.of(internal).stream()
                .map(route -> route.replaceFirst(" ", " internal:"))
                .collect(Collectors.toSet());

        assertThat(routes).hasSize(3);
        assertThat(PortRights.TABLE.routes()).containsAll(routes);
    }

    @Test
    void page_of_the_threat_model_has_the_table() {
        assertThat(RightsTable.published("rights of ports")).isEqualTo(PortRights.TABLE.markdown());
    }

    private static String ask(RightsTable.Row<PortRights.Caller> row, PortRights.Caller caller) throws IOException {
        Node node = cluster.node(0);
        if (!row.request().contains(RightsTable.CONTEXT)) {
            return Integer.toString(answer(row, row.request(), caller).status());
        }
        try (SseClient client = SseClient.open(node.port(), "/events", bearer(TestCluster.token()))
                .opened()) {
            String request = row.request().replace(RightsTable.CONTEXT, client.opening("context"));
            int status = answer(row, request, caller).status();
            if (status == 200) {
                await().until(client::hasEnded);
            } else if (caller != PortRights.Caller.REPLAYED) {
                assertThat(client.hasEnded()).isFalse();
            }
            return Integer.toString(status);
        }
    }

    private static RightsRequest.Answer answer(
            RightsTable.Row<PortRights.Caller> row, String text, PortRights.Caller caller) throws IOException {
        RightsRequest request = RightsRequest.of(text);
        int port = row.port(cluster.node(0));
        Map<String, String> headers = headers(caller, request, port);
        RightsRequest.Answer answer = request.ask(port, headers);
        return caller == PortRights.Caller.REPLAYED ? request.ask(port, headers) : answer;
    }

    private static Map<String, String> headers(PortRights.Caller caller, RightsRequest request, int port) {
        return switch (caller) {
            case NO_TOKEN -> Map.of();
            case EVERYTHING -> bearer(TestCluster.token());
            case BROADCASTS_A -> bearer(TestCluster.token(List.of("topic:a"), List.of(), b -> b));
            case HUB_PUBLISHES_A -> bearer(Hub.token(List.of("a"), List.of()));
            case OPERATOR -> bearer(TestCluster.OPERATOR);
            case OTHER_OPERATOR -> bearer(TestCluster.OPERATOR + "x");
            case OPERATORS_PAGE ->
                Map.of("Authorization", "Bearer " + TestCluster.OPERATOR, "Origin", "http://127.0.0.1:" + (port - 1));
            case SIGNED, REPLAYED -> signed(request, self(), 0, null);
            case STALE -> signed(request, self(), -31, null);
            case AHEAD -> signed(request, self(), 31, null);
            case OTHER_NODE -> signed(request, new CallSigner.NodeIdentity("another", generation), 0, null);
            case OTHER_GENERATION -> signed(request, new CallSigner.NodeIdentity(self().id(), generation - 1), 0, null);
            case OTHER_BODY ->
                signed(new RightsRequest(request.method(), request.target(), request.body() + " "), self(), 0, null);
            case OTHER_PATH ->
                signed(new RightsRequest(request.method(), request.target() + "/x", request.body()), self(), 0, null);
            case OTHER_SECRET -> signed(request, self(), 0, "another secret of the tests");
        };
    }

    private static CallSigner.NodeIdentity self() {
        return new CallSigner.NodeIdentity(cluster.node(0).id(), generation);
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    private static Map<String, String> signed(
            RightsRequest request, CallSigner.NodeIdentity callee, long seconds, @Nullable String secret) {
        CallSigner signer = new CallSigner(
                new Secrets(List.of(secret == null ? TestCluster.SECRET : secret)),
                new CallSigner.NodeIdentity("caller", 1),
                () -> Instant.now().plusSeconds(seconds),
                new SecureRandom());
        return Map.of(
                CallSigner.HEADER, signer.sign(callee, request.method(), request.target(), Text.utf8(request.body())));
    }
}
