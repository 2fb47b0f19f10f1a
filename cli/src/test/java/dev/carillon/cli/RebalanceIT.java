package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.process.ServerProcess;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A third node joins two with clients of every kind, behind the built-in proxy, which keeps browsers by a cookie. */
class RebalanceIT {
    private static final String BROKER = "memory://rebalance";

    static App app() {
        return Carillon.app(AppOptions.defaults()).page("/count", RebalanceIT::count);
    }

    private static void count(Page page) {
        Signal<Integer> count = page.signal("count", 0);
        Action add = page.action("add", () -> count.update(n -> n + 1));
        page.view("shown", () -> "<output>" + count.get() + "</output>" + add.button("Add"));
    }

    private static Node node(String id, int port) {
        return Node.builder(TestCluster.config(id, BROKER, Map.of("port", Integer.toString(port))))
                .extension(app())
                .start();
    }

    private static StickyProxy proxy(int... ports) throws InterruptedException {
        List<URI> nodes = Arrays.stream(ports)
                .mapToObj(port -> URI.create("http://127.0.0.1:" + port))
                .toList();
        return StickyProxy.start(ProxyConfig.of(nodes)
                .withHealth(new ProxyConfig.Health("/_health", Duration.ofMillis(100), Duration.ofSeconds(10), 2)));
    }

    static CommandRun rebalance(Node by, String... options) {
        return CommandRun.of(
                Map.of("CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR),
                "",
                Stream.concat(Stream.of("rebalance", "--url", "http://127.0.0.1:" + by.adminPort()), Stream.of(options))
                        .toArray(String[]::new));
    }

    @Test
    void streams_of_every_kind_move_to_a_new_node_and_none_loses_or_repeats_an_event() throws Exception {
        int thirdPort = ServerProcess.freePort();
        try (Node first = node("r1", 0);
                Node second = node("r2", 0);
                StickyProxy proxy = proxy(first.port(), second.port(), thirdPort);
                MovingClients clients = MovingClients.start(proxy.port(), 15)) {
            clients.broadcastBy(first, 20);
            await().until(() -> clients.open() == 60 && clients.haveNews());

            try (Node third = node("r3", thirdPort)) {
                await("the proxy uses it")
                        .until(() -> TestCluster.get(proxy.port(), "/_health").statusCode() == 200);
                CommandRun run = rebalance(second, "--rate", "200", "--within", "15%");

                assertThat(run.err()).isEmpty();
                assertThat(run.status()).isZero();
                assertThat(run.out().lines().toList().getLast())
                        .matches(
                                "rebalance: even, round [1-8], released [1-9]\\d*; streams: r1 \\d+, r2 \\d+, r3 \\d+");
                for (Node node : List.of(first, second, third)) {
                    assertThat(TestCluster.metric(node, "carillon_connections_open"))
                            .as(node.id() + ": " + run.out())
                            .isBetween(17.0, 23.0);
                }
                assertThat(sum("carillon_rebalance_released_total", first, second))
                        .isGreaterThanOrEqualTo(17);
                assertThat(sum("carillon_rebalance_bounced_total", first, second))
                        .isPositive();
                assertThat(sum("carillon_rebalance_released_total", third)).isZero();
                clients.act();
                clients.assertUndisturbed();
                assertThat(rebalance(third).out()).startsWith("rebalance: ");
            }
        }
    }

    private static double sum(String metric, Node... nodes) {
        return Stream.of(nodes)
                .mapToDouble(node -> TestCluster.metric(node, metric))
                .sum();
    }

    @Test
    void a_rebalance_is_refused_with_a_code_where_it_cannot_help() {
        try (Node only = Node.start(TestCluster.config("alone", "memory://rebalance-alone", Map.of()))) {
            CommandRun run = rebalance(only);

            assertThat(run.status()).isEqualTo(1);
            assertThat(run.err())
                    .endsWith(" answered 409: rebalance-unavailable: the cluster has only one node\n")
                    .hasLineCount(1);
            assertThat(TestCluster.send(request(only).DELETE().build()).statusCode())
                    .isEqualTo(404);
            assertThat(TestCluster.send(HttpRequest.newBuilder(request(only).build(), (n, v) -> true)
                                    .uri(URI.create(
                                            "http://127.0.0.1:" + only.adminPort() + "/admin/rebalance?within=51"))
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build())
                            .body())
                    .contains("parameter within: must be a whole number from 1 to 50");
        }
    }

    private static HttpRequest.Builder request(Node node) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.adminPort() + "/admin/rebalance"))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR);
    }
}
