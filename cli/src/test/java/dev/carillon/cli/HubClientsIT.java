package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.Hub;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.Chromium;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that other projects made, on a hub of three nodes, by the proxy and directly. */
@Tag("process")
@Tag("chromium")
@Tag("clients")
@Tag("full")
class HubClientsIT {
    private static final String TOKEN = Hub.token(List.of(), List.of(HubTraffic.TEMPLATE));
    /** So many updates reach a client before a node is stopped. */
    private static final int MANY = 50;

    /** @param withToken whether private updates come, too */
    private record Subscriber(String name, HubClient client, boolean withToken) {}

    private final List<Subscriber> subscribers = new ArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private ClientSite site;

    @SuppressWarnings("NullAway.Init")
    private Chromium chromium;

    @BeforeEach
    void start() {
        site = opened(new ClientSite());
        chromium = opened(new Chromium());
        for (int i = 0; i < 3; i++) {
            nodes.add(start("hub-clients-" + i, 0));
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    @Test
    void each_has_every_update_once_and_in_order_while_all_nodes_are_replaced_under_traffic() throws Exception {
        StickyProxy proxy = opened(StickyProxy.start(
                ProxyConfig.of(nodes.stream().map(HubClientsIT::address).toList())));
        subscribe("by the proxy", URI.create("http://127.0.0.1:" + proxy.port()), null);
        subscribe("by the proxy, with a token", URI.create("http://127.0.0.1:" + proxy.port()), TOKEN);
        subscribe("at a node, with a token", address(nodes.get(1)), TOKEN);
        awaitEach("has a stream", subscriber -> subscriber.client().opens() > 0);

        HubTraffic traffic = opened(new HubTraffic(nodes));
        for (int i = 0; i < nodes.size(); i++) {
            awaitEach("has updates", new Came()::enough);
            replace(i, traffic);
        }
        awaitEach("has updates", new Came()::enough);
        traffic.stop();
        awaitEach(
                "has all",
                s -> s.client().received().size()
                        >= traffic.sentTo(s.withToken()).size());

        for (Subscriber subscriber : subscribers) {
            assertThat(subscriber.client().received())
                    .as(subscriber.name())
                    .isEqualTo(traffic.sentTo(subscriber.withToken()));
            assertThat(subscriber.client().opens())
                    .as("streams of " + subscriber.name())
                    .isGreaterThan(1);
        }
        assertThat(chromium.consoleErrors())
                .allSatisfy(complaint -> assertThat(complaint).contains("net::ERR_"));
    }

    /** How many updates each has had, and whether many have come since. */
    private final class Came {
        private final Map<Subscriber, Integer> before = new HashMap<>();

        private Came() {
            subscribers.forEach(s -> before.put(s, s.client().received().size()));
        }

        private boolean enough(Subscriber subscriber) {
            return subscriber.client().received().size() >= before.getOrDefault(subscriber, 0) + MANY;
        }
    }

    private void subscribe(String how, URI hub, @Nullable String token) {
        String url = hub + Hub.subscription(HubTraffic.TEMPLATE, HubTraffic.PLAIN);
        for (String library : List.of("eventsource", "eventsource-2")) {
            add(library + " " + how, opened(new NodeJsClient(library, url, token)), token);
        }
        for (BrowserClient.Kind kind : BrowserClient.Kind.values()) {
            add("Chromium, " + kind + " " + how, new BrowserClient(chromium, kind, site, url, token), token);
        }
    }

    private void add(String name, HubClient client, @Nullable String token) {
        subscribers.add(new Subscriber(name, client, token != null));
    }

    /** Stops a node in mid-stream; another one begins at its address. */
    private void replace(int index, HubTraffic traffic) {
        Node old = nodes.get(index);
        int port = old.port();
        traffic.leave(old);
        old.close();
        Node anew = start("hub-clients-anew-" + index, port);
        nodes.set(index, anew);
        traffic.enter(anew);
        await(
                "as many streams as subscribers",
                () -> nodes.stream()
                                .mapToDouble(node -> TestCluster.metric(node, "carillon_connections_open"))
                                .sum()
                        == subscribers.size());
    }

    private void awaitEach(String what, Predicate<Subscriber> condition) {
        for (Subscriber subscriber : subscribers) {
            await(subscriber.name() + " " + what, () -> {
                assertThat(subscriber.client().gaveUp())
                        .as(subscriber.name() + " gave up")
                        .isFalse();
                return condition.test(subscriber);
            });
        }
    }

    /** On this thread: the browser is one thread's. */
    private static void await(String what, java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await(what).pollInSameThread().until(condition);
    }

    private Node start(String id, int port) {
        return opened(Node.start(TestCluster.config(
                id, "memory://hub-clients", Map.of("cors-origins", site.url(), "port", Integer.toString(port)))));
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }

    private static URI address(Node node) {
        return URI.create("http://127.0.0.1:" + node.port());
    }
}
