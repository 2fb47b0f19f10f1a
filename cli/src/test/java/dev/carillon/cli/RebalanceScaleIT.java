package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.cli.base.InstalledProxy;
import dev.carillon.lab.cluster.OtherProxyProcess;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ServerProcess;
import dev.carillon.proxy.files.Product;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scale-out from two to three nodes with 6,000 clients of every kind, behind each proxy that checks health. Prints what it measured. */
@Tag("full")
@Tag("process")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class RebalanceScaleIT {
    private static final int EACH = Integer.getInteger("carillon.rebalance.clients", 6_000) / 4;
    private static final double EVEN = 4.0 * EACH / 3;
    private static final double TOLERANCE = 0.1;

    private static Node node(String id, String broker, int port) {
        return Node.builder(TestCluster.config(
                        id,
                        broker,
                        Map.of(
                                "port",
                                Integer.toString(port),
                                "requests-per-address",
                                "0",
                                "trusted-proxies",
                                "127.0.0.0/8")))
                .extension(RebalanceIT.app())
                .start();
    }

    private record Proxy(int port, Runnable end) implements AutoCloseable {
        @Override
        public void close() {
            end.run();
        }
    }

    private static Proxy proxy(String name, List<URI> nodes) {
        if (name.equals("embedded")) {
            CommandProcess process = CommandProcess.start(
                    Map.of(),
                    "proxy",
                    "--port",
                    "0",
                    "--max-requests",
                    Integer.toString(4 * EACH + 1_000),
                    "--streams-per-address",
                    "0",
                    "--node",
                    nodes.stream().map(URI::toString).collect(Collectors.joining(",")));
            return new Proxy(
                    Integer.parseInt(
                            process.awaitLine("http://127\\.0\\.0\\.1:(\\d+)").group(1)),
                    process::close);
        }
        OtherProxyProcess other = new OtherProxyProcess(
                new InstalledProxy(Product.valueOf(name.toUpperCase(Locale.ROOT)), System.getenv(), 4 * EACH), nodes);
        return new Proxy(other.port(), other::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"embedded", "haproxy", "caddy"})
    void shares_are_even_after_a_scale_out_and_no_client_has_a_disadvantage(String name) throws Exception {
        String broker = "memory://rebalance-" + name;
        List<Integer> ports =
                IntStream.range(0, 3).map(i -> ServerProcess.freePort()).boxed().toList();
        List<URI> urls = ports.stream()
                .map(port -> URI.create("http://127.0.0.1:" + port))
                .toList();
        try (Node first = node("r1", broker, ports.get(0));
                Node second = node("r2", broker, ports.get(1));
                Proxy proxy = proxy(name, urls);
                MovingClients clients = MovingClients.start(proxy.port(), EACH)) {
            clients.broadcastBy(first, 500);
            await().until(() -> clients.open() == 4 * EACH && clients.haveNews());

            try (Node third = node("r3", broker, ports.get(2))) {
                await("the proxy uses it").until(() -> {
                    String _ = TestCluster.get(proxy.port(), "/count").body();
                    return TestCluster.metric(third, "carillon_contexts") > 0;
                });
                long began = System.nanoTime();
                CommandRun run = RebalanceIT.rebalance(second, "--within", "5%");
                double seconds = (System.nanoTime() - began) / 1e9;

                System.out.printf(Locale.ROOT, "%s: %.1f s%n%s%n", name, seconds, run.out());
                assertThat(run.err()).isEmpty();
                assertThat(run.status()).isZero();
                for (Node node : List.of(first, second, third)) {
                    assertThat(TestCluster.metric(node, "carillon_connections_open"))
                            .as(node.id())
                            .isBetween(EVEN * (1 - TOLERANCE), EVEN * (1 + TOLERANCE));
                }
                clients.act();
                clients.assertUndisturbed();
                System.out.printf(
                        Locale.ROOT, "%s: longest time without a stream %d ms%n", name, clients.longestGapMillis());
            }
        }
    }
}
