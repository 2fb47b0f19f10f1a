package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cluster of an earlier release is upgraded to this one, node by node, and rolled back, while clients listen, broadcast and use a page. */
@Tag("process")
@Tag("full")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class RollingReleasesIT {
    private static final int NODES = 3;
    private static final int CLIENTS = 200;
    private static final Duration INTERVAL = Duration.ofMillis(50);
    /** Longer than the proxy takes to notice that a node drains. */
    private static final Map<String, String> SETTINGS = Map.of(
            "CARILLON_TRUSTED_PROXIES", "127.0.0.1", "CARILLON_DRAIN_NOTICE", "1500ms", "CARILLON_DRAIN_TIMEOUT", "4s");

    @SuppressWarnings("NullAway.Init")
    private static EarlierRelease earlier;

    private final List<ReleasedNode.Ports> ports =
            IntStream.range(0, NODES).mapToObj(i -> ReleasedNode.Ports.free()).toList();
    private final List<ReleasedNode> nodes = new ArrayList<>();

    @BeforeAll
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    static void build() throws Exception {
        earlier = EarlierRelease.build();
    }

    @AfterEach
    void stop() {
        nodes.forEach(ReleasedNode::close);
    }

    @Test
    @Tag("redis")
    void an_upgrade_and_a_roll_back_disturb_no_client_over_redis() throws Exception {
        try (TestServer redis = Servers.redis()) {
            goesForthAndBack("redis://127.0.0.1:" + redis.port());
        }
    }

    @Test
    @Tag("nats")
    void an_upgrade_and_a_roll_back_disturb_no_client_over_nats() throws Exception {
        try (TestServer nats = Servers.nats()) {
            goesForthAndBack("nats://127.0.0.1:" + nats.port());
        }
    }

    private void goesForthAndBack(String broker) throws Exception {
        for (int i = 0; i < NODES; i++) {
            nodes.add(start(earlier, i, broker));
        }
        try (StickyProxy proxy = StickyProxy.start(proxy());
                HallTraffic traffic = HallTraffic.start(CLIENTS, proxy.port(), INTERVAL)) {
            CounterTab tab = new CounterTab(proxy.port());
            int count = 0;

            count = replaceAll(null, broker, proxy.port(), tab, traffic, count);
            assertThat(traffic.observer().moved()).isEqualTo(CLIENTS);
            traffic.assertUndisturbed();
            assertThat(nodes).allSatisfy(node -> assertThat(node.text()).doesNotContain("Exception"));

            replaceAll(earlier, broker, proxy.port(), tab, traffic, count);
            traffic.assertUndisturbed();
        }
    }

    /**
     * Replaces each node, at the same ports. The tab acts while a node drains, and once its successor serves.
     *
     * @param count that the tab has reached
     * @return the count afterwards
     */
    private int replaceAll(
            @Nullable EarlierRelease by, String broker, int port, CounterTab tab, HallTraffic traffic, int count)
            throws Exception {
        int next = count;
        for (int i = 0; i < NODES; i++) {
            ReleasedNode leaving = nodes.get(i);
            leaving.leave();
            tab.add(port, "");
            leaving.drain();
            nodes.set(i, start(by, i, broker));
            traffic.awaitAll();
            tab.add(port, "");
            next += 2;
            // At each node, whatever its release.
            for (ReleasedNode node : nodes) {
                CounterTab.awaitCount(node.port(), next);
            }
            tab.open(port).close();
        }
        return next;
    }

    private ReleasedNode start(@Nullable EarlierRelease release, int number, String broker) throws IOException {
        ReleasedNode node = new ReleasedNode(release, "n" + (number + 1), broker, ports.get(number), SETTINGS);
        boolean ready = false;
        try {
            Awaitility.await().until(node::isReady);
            ready = true;
        } finally {
            if (!ready) {
                node.close();
            }
        }
        return node;
    }

    private ProxyConfig proxy() {
        return ProxyConfig.of(ports.stream()
                        .map(p -> URI.create("http://127.0.0.1:" + p.clients()))
                        .toList())
                .withListen(new ProxyConfig.Listen("127.0.0.1", 0))
                .withHealth(new ProxyConfig.Health("/_health", Duration.ofMillis(200), Duration.ofSeconds(2), 3));
    }
}
