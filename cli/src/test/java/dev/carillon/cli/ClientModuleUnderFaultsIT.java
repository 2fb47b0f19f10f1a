package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.Relay;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.Chromium;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A page with a list that {@code carillon.js} keeps complete, while everything between it and its node fails. */
@Tag("full")
@Tag("process")
@Tag("chromium")
@Tag("redis")
class ClientModuleUnderFaultsIT {
    private static final int TOKEN_SECONDS = 8;
    /** The node warns 60 s before the end. */
    private static final int WARNED_SECONDS = 64;

    private static final String CONNECT = """
            async ([transport, token]) => {
              const {connect} = await import('/carillon.js');
              Object.assign(window, {list: [], gaps: [], states: [], errors: [], tokens: 0, nextToken: token});
              window.client = connect({transport, topics: ['orders'], token: async () => {
                tokens++;
                if (!nextToken) {
                  throw new Error('signed out for a moment');
                }
                return nextToken;
              }});
              client.on('message', event => list.push(Number(event.data)));
              client.on('carillon.gap', gap => gaps.push(gap.reason));
              client.on('carillon.state', state => states.push(`${state.state} ${state.reason ?? ''}`));
              client.on('carillon.error', error => errors.push(String(error)));
            }
            """;

    private int broadcast;

    @ParameterizedTest
    @ValueSource(strings = {"ws", "sse"})
    @Timeout(240)
    void list_of_a_page_is_complete_and_has_nothing_twice(String transport) throws Exception {
        int proxyPort = ServerProcess.freePort();
        try (TestServer redis = Servers.redis();
                NodeProcesses nodes = new NodeProcesses(2, redis.address(), Map.of());
                Relay network = new Relay(proxyPort);
                Chromium chromium = new Chromium()) {
            ProxyConfig config =
                    ProxyConfig.of(nodes.addresses()).withListen(new ProxyConfig.Listen("127.0.0.1", proxyPort));
            StickyProxy proxy = StickyProxy.start(config);
            try {
                Page page = chromium.page(400, 300);
                page.navigate("http://127.0.0.1:" + network.port() + "/_health");
                page.evaluate(CONNECT, List.of(transport, token(TOKEN_SECONDS)));
                page.waitForFunction("client.state === 'open'");
                page.evaluate("nextToken = ''");
                broadcast(nodes, 10);
                awaitList(page);

                page.waitForFunction("states.includes('waiting expired')");
                broadcast(nodes, 10);
                page.evaluate("next => { nextToken = next; }", token(WARNED_SECONDS));
                page.waitForFunction("client.state === 'open'");
                awaitList(page);
                int tokens = (int) page.evaluate("nextToken = '" + token(600) + "', tokens");
                int states = (int) page.evaluate("states.length");
                page.waitForFunction("before => tokens > before", tokens);
                broadcast(nodes, 10);
                awaitList(page);
                assertThat(page.evaluate("states.length"))
                        .as("renewed on the open connection")
                        .isEqualTo(states);

                int node = Integer.parseInt(
                        String.valueOf(page.evaluate("client.about.node")).substring(1));
                nodes.kill(node);
                broadcast(nodes, 10);
                awaitList(page);
                nodes.start(node);

                proxy.close();
                broadcast(nodes, 10);
                proxy = StickyProxy.start(config);
                awaitList(page);

                CDPSession tab = page.context().newCDPSession(page);
                tab.send("Page.setWebLifecycleState", lifecycle("frozen"));
                broadcast(nodes, 50);
                tab.send("Page.setWebLifecycleState", lifecycle("active"));
                awaitList(page);

                page.context().setOffline(true);
                network.cut();
                broadcast(nodes, 50);
                page.waitForFunction("client.state !== 'open'");
                network.heal();
                page.context().setOffline(false);
                awaitList(page);

                // Nothing is closed, but nothing arrives any more.
                network.blackHole();
                broadcast(nodes, 10);
                page.evaluate("dispatchEvent(new Event('online'))");
                page.waitForFunction("client.state !== 'open'");
                network.heal();
                awaitList(page);

                assertThat(page.evaluate("gaps")).isEqualTo(List.of());
                page.evaluate("client.close()");
                assertThat(page.evaluate("client.state")).isEqualTo("closed");
            } finally {
                proxy.close();
            }
        }
    }

    private void broadcast(NodeProcesses nodes, int count) {
        for (int i = 0; i < count; i++) {
            List<Integer> serving = nodes.serving();
            URI node = nodes.addresses().get(serving.get(i % serving.size()));
            HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(node.resolve("/broadcast"))
                    .header("Authorization", "Bearer " + TestCluster.token())
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"scope\":\"topic:orders\",\"data\":\"" + ++broadcast + "\"}"))
                    .build());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
    }

    private void awaitList(Page page) {
        page.waitForFunction("count => list.length >= count", broadcast);
        assertThat(page.evaluate("list"))
                .as(() -> page.evaluate("[states, errors, gaps]").toString())
                .isEqualTo(IntStream.rangeClosed(1, broadcast).boxed().toList());
    }

    private static JsonObject lifecycle(String state) {
        JsonObject parameters = new JsonObject();
        parameters.addProperty("state", state);
        return parameters;
    }

    private static String token(int seconds) {
        return TestCluster.token(
                List.of(),
                List.of("topic:orders"),
                b -> b.expiration(Date.from(Instant.now().plusSeconds(seconds))));
    }
}
