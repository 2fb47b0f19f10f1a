package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.proxy.files.Site;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Cases about nodes that drain, hang, die or are all gone. */
final class HealthCases {
    /** No check notices a dead node during the test. */
    private static final Site.Timing SELDOM =
            new Site.Timing(Duration.ofSeconds(60), 1, Duration.ofSeconds(61), Duration.ofSeconds(60));

    private HealthCases() {}

    static void draining(ProxyContract contract) throws Exception {
        TestNode draining = contract.node();
        TestNode other = contract.node();
        BlockingQueue<String> events = new ArrayBlockingQueue<>(1);
        TestNode.Answer plain = draining.answer;
        draining.answer = (request, socket) -> {
            if (request.target().startsWith("/events")) {
                TestNode.openChunkedStream(socket);
                TestNode.chunk(socket, "data: first\n\n");
                TestNode.chunk(socket, "data: " + events.take() + "\n\n");
                TestNode.awaitEnd(socket);
            } else {
                plain.to(request, socket);
            }
        };
        RunningProxy proxy = contract.run(ProxyContract.site(draining, other));
        String cookie = contract.cookieOf(proxy, draining);
        SseClient stream = contract.stream(proxy, cookie);
        contract.await(() -> stream.data().contains("first"));

        draining.health = 503;
        contract.await(() -> {
            ProxyContract.Answer answer = contract.get(proxy, "/", "Cookie: carillon_node=" + cookie + "\r\n");
            return answer.isFrom(other) && !answer.head().cookie().isEmpty();
        });
        events.put("second");
        contract.await(() -> stream.data().contains("second"));
        assertThat(stream.hasEnded()).isFalse();

        draining.health = 200;
        contract.await(() -> contract.get(proxy, "/", "Cookie: carillon_node=" + cookie + "\r\n")
                .isFrom(draining));
    }

    static void refused(ProxyContract contract) throws Exception {
        TestNode dead = contract.node();
        TestNode other = contract.node();
        // No connection is left that the proxy could use again: that the node closes it may reach the proxy after the
        // request.
        for (TestNode node : List.of(dead, other)) {
            node.answer = (request, socket) ->
                    TestNode.send(socket, 200, "text/plain\r\nConnection: close", node.name() + " " + request.body());
        }
        RunningProxy proxy = contract.run(ProxyContract.site(dead, other).withTiming(SELDOM));
        String cookie = contract.cookieOf(proxy, dead);
        String others = contract.cookieOf(proxy, other);
        dead.die();

        for (int i = 0; i < 5; i++) {
            ProxyContract.Answer answer = contract.get(proxy, "/", "Cookie: carillon_node=" + cookie + "\r\n");
            assertThat(answer.isFrom(other)).as(answer.toString()).isTrue();
            assertThat(answer.head().cookie()).isEqualTo(others);
            try (RawClient client = contract.client(proxy)) {
                client.send(
                        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\nCookie: carillon_node="
                                + cookie + "\r\n\r\nhello");
                assertThat(ProxyContract.answer(client).isFrom(other)).isTrue();
            }
        }
    }

    static void hung(ProxyContract contract) throws Exception {
        TestNode hung = contract.node();
        TestNode other = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(hung, other));
        String cookie = contract.cookieOf(proxy, hung);
        hung.hang();

        contract.await(() -> {
            try (RawClient client = contract.client(proxy)) {
                client.socket.setSoTimeout(1_000);
                return ProxyContract.answer(
                                client.get("/", "Connection: close\r\nCookie: carillon_node=" + cookie + "\r\n"))
                        .isFrom(other);
            } catch (IOException | UncheckedIOException e) {
                return false;
            }
        });
    }

    static void hungStream(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            TestNode.chunk(socket, "data: first\n\n");
            TestNode.awaitEnd(socket);
        };
        RunningProxy proxy = contract.run(ProxyContract.site(node)
                .withTiming(new Site.Timing(Duration.ofMillis(100), 2, Duration.ofSeconds(5), Duration.ofSeconds(1))));
        SseClient stream = contract.stream(proxy, "");
        contract.await(() -> stream.data().contains("first"));
        node.hang();

        contract.await(stream::hasEnded);
    }

    static void postIsSentOnce(ProxyContract contract) throws Exception {
        isSentOnce(contract, "POST");
    }

    static void getIsSentOnce(ProxyContract contract) throws Exception {
        isSentOnce(contract, "GET");
    }

    private static void isSentOnce(ProxyContract contract, String method) throws Exception {
        TestNode first = contract.node();
        TestNode second = contract.node();
        TestNode.Answer plain = first.answer;
        TestNode.Answer failing = (request, socket) -> {
            if (request.target().equals("/fails")) {
                socket.close();
            } else {
                plain.to(request, socket);
            }
        };
        first.answer = failing;
        second.answer = failing;
        RunningProxy proxy = contract.run(ProxyContract.site(first, second));
        contract.await(() -> contract.get(proxy, "/", "").status() == 200);

        for (int i = 0; i < 3; i++) {
            try (RawClient client = contract.client(proxy)) {
                client.send(
                        method + " /fails HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
                assertThat(ProxyContract.answer(client).status()).isBetween(502, 504);
            }
            long sent = java.util.stream.Stream.of(first, second)
                    .flatMap(node -> node.requests.stream())
                    .filter(request -> request.target().equals("/fails"))
                    .count();
            assertThat(sent).isEqualTo(i + 1);
            contract.await(() -> contract.get(proxy, "/", "").status() == 200);
        }
    }

    static void noNode(ProxyContract contract) throws Exception {
        TestNode dead = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(dead));
        dead.die();

        contract.await(() -> {
            ProxyContract.Answer answer = contract.get(proxy, "/", "");
            return answer.status() == 503
                    && !answer.head().header("Retry-After").isEmpty();
        });
        dead.comeBack();
        contract.await(() -> contract.get(proxy, "/", "").isFrom(dead));
    }

    static void noNodeForStream(ProxyContract contract) throws Exception {
        TestNode dead = contract.node();
        RunningProxy proxy = contract.run(ProxyContract.site(dead));
        contract.cookieOf(proxy, dead);
        dead.die();

        Set<String> delays = new HashSet<>();
        contract.await(() -> {
            SseClient stream = contract.own(SseClient.open(
                    proxy.port(), "/events", Map.of("Accept", "text/event-stream", "Connection", "close")));
            assertThat(stream.status()).startsWith("HTTP/1.1 200");
            assertThat(stream.header("Content-Type")).startsWith("text/event-stream");
            contract.await(stream::hasEnded);
            delays.add(String.valueOf(stream.lastRetry()));
            return delays.size() >= 3;
        });
        assertThat(delays)
                .allSatisfy(delay -> assertThat(delay)
                        .matches("\\d+")
                        .satisfies(
                                millis -> assertThat(Integer.parseInt(millis)).isBetween(1_000, 3_000)));
    }
}
