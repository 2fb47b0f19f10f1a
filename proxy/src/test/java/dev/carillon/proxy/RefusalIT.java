package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Patience;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalIT extends ProxyFixture {
    /** Short timeouts, for answers and bodies that never arrive. */
    private static final ProxyConfig.Limits BRIEF_LIMITS =
            new ProxyConfig.Limits(CONNECT_LIMIT, Duration.ofMillis(500), Patience.LIMIT, 10_000, 1_000);

    @Test
    void stream_gets_a_delay_and_the_end_while_no_node_is_available() throws Exception {
        TestNode node = node();
        node.die();
        StickyProxy proxy = proxy();

        RawClient refused = client(proxy).stream("/events");
        RawClient.Head head = refused.head();
        assertThat(head.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(head.header("Content-Type")).containsExactly("text/event-stream");
        assertThat(head.header("Cache-Control")).containsExactly("no-store");
        assertThat(head.header("Transfer-Encoding")).containsExactly("chunked");
        // Without the last chunk, as some clients never come back after a complete response.
        String body = refused.rest();
        assertThat(body).matches("0?d\r\nretry: \\d{4}\n\n\r\n");
        assertThat(Integer.parseInt(body.replaceAll("(?s).*retry: |\\s", ""))).isBetween(1_000, 3_000);

        node.comeBack();
        awaitState(proxy, node, NodeState.UP);
        assertThat(who(proxy, "")).isEqualTo(node.name());
    }

    @Test
    void page_of_another_origin_may_read_the_delay_while_no_node_is_available() throws Exception {
        node().die();
        StickyProxy proxy = proxy();
        String origin = "Origin: https://pages.test\r\n";

        RawClient stream = client(proxy).get("/events", "Accept: text/event-stream\r\n" + origin);
        RawClient.Head head = stream.head();
        assertThat(head.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(head.header("Access-Control-Allow-Origin")).containsExactly("https://pages.test");
        assertThat(head.header("Access-Control-Allow-Credentials")).containsExactly("true");
        assertThat(head.header("Vary")).containsExactly("Origin");
        assertThat(head.header("Set-Cookie")).isEmpty();
        assertThat(stream.rest()).contains("retry: ");

        // Other answers allow no origin.
        assertThat(allowed(client(proxy).get("/events", origin))).isEmpty();
        assertThat(allowed(client(proxy).get("/events", "Accept: text/event-stream\r\n")))
                .isEmpty();
        assertThat(allowed(client(proxy).get("/events", "Accept: text/event-stream\r\n" + origin + origin)))
                .isEmpty();
    }

    private static List<String> allowed(RawClient client) throws Exception {
        return client.head().header("Access-Control-Allow-Origin");
    }

    @Test
    void request_gets_a_problem_while_no_node_is_available() throws Exception {
        node().die();
        RawClient client = client(proxy()).get("/", "");
        RawClient.Head head = client.head();

        assertThat(head.status()).isEqualTo("HTTP/1.1 503 Service Unavailable");
        assertThat(head.header("Retry-After")).containsExactly("2");
        assertThat(head.header("Content-Type")).containsExactly("application/problem+json");
        assertThat(client.body(head))
                .isEqualTo("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
                        + "\"code\":\"no-node\",\"detail\":\"no node is available\"}");
    }

    @Test
    void the_proxys_health_follows_the_nodes_and_is_never_forwarded() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy();

        assertThat(health(proxy)).isEqualTo("HTTP/1.1 200 OK {\"status\":\"ok\"}");
        node.health = 503;
        awaitState(proxy, node, NodeState.DRAINING);
        assertThat(health(proxy)).isEqualTo("HTTP/1.1 200 OK {\"status\":\"ok\"}");
        node.die();
        awaitState(proxy, node, NodeState.DOWN);
        assertThat(health(proxy)).isEqualTo("HTTP/1.1 503 Service Unavailable {\"status\":\"down\"}");
        assertThat(node.requests).isEmpty();
    }

    @Test
    void the_proxys_health_supports_get_and_head() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy();
        RawClient client = client(proxy).send("HEAD /_health HTTP/1.1\r\nHost: h\r\n\r\n");
        RawClient.Head head = client.head();
        assertThat(head.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(head.header("Content-Length")).containsExactly("15");

        for (String method : List.of("POST", "DELETE", "OPTIONS", "PUT")) {
            client.send(method + " /_health HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
            head = client.head();
            assertThat(head.status()).as(method).isEqualTo("HTTP/1.1 405 Method Not Allowed");
            assertThat(head.header("Allow")).containsExactly("GET, HEAD");
            assertThat(client.body(head)).contains("\"code\":\"method-not-allowed\"");
        }
        assertThat(node.requests).isEmpty();
    }

    @Test
    void a_thousand_topics_reach_the_node() throws Exception {
        TestNode node = node();
        String target = "/events?" + "topic=https://example.com/t/1&".repeat(1_000) + "last=1";
        assertThat(target.length()).isBetween(30_000, 32_000);
        RawClient client = client(proxy()).get(target, "");

        assertThat(client.body(client.head())).isEqualTo(node.name() + " ");
        assertThat(node.requests.getFirst().target()).isEqualTo(target);
    }

    @Test
    void a_node_that_does_not_answer_in_time_gives_504() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.awaitEnd(socket);
        StickyProxy proxy = proxy(config().withLimits(BRIEF_LIMITS));
        RawClient client = client(proxy).get("/", "");
        RawClient.Head head = client.head();
        assertThat(head.status()).isEqualTo("HTTP/1.1 504 Gateway Time-out");
        assertThat(client.body(head)).contains("\"code\":\"node-timeout\"");
        assertThat(client(proxy).stream("/").head().status()).isEqualTo("HTTP/1.1 200 OK");
        await(() -> open(proxy) == 0 && node.connections.size() <= 1);
    }

    @Test
    void a_client_that_does_not_send_its_body_gets_408() throws Exception {
        node();
        StickyProxy proxy = proxy(config().withLimits(BRIEF_LIMITS));
        RawClient client = client(proxy).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
        assertThat(client.head().status()).isEqualTo("HTTP/1.1 408 Request Time-out");
        await(() -> open(proxy) == 0);
    }

    @Test
    void clients_beyond_the_limit_of_open_requests_are_told_to_retry() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy(config().withLimits(limits(2, 1_000)));
        RawClient first = client(proxy).stream("/");
        first.head();
        client(proxy).stream("/").head();

        RawClient plain = client(proxy).get("/", "");
        RawClient.Head head = plain.head();
        assertThat(head.status()).isEqualTo("HTTP/1.1 503 Service Unavailable");
        assertThat(plain.body(head)).contains("\"code\":\"overloaded\"");
        RawClient stream = client(proxy).stream("/");
        assertThat(stream.head().status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(stream.rest()).contains("\r\nretry: ");

        first.close();
        await(() -> open(proxy) == 1);
        assertThat(client(proxy).stream("/").head().header("Connection")).containsExactly("close");
    }

    @Test
    void a_too_large_body_is_refused_by_its_length_and_by_its_bytes() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy(config().withLimits(limits(10_000, 1_000)));

        RawClient announced = client(proxy).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
        assertThat(announced.head().status()).isEqualTo("HTTP/1.1 413 Request Entity Too Large");
        assertThat(node.requests).isEmpty();

        RawClient chunked = client(proxy)
                .send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + "x".repeat(1001));
        assertThat(chunked.head().status()).isEqualTo("HTTP/1.1 413 Request Entity Too Large");
        RawClient fits =
                client(proxy).send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + "x".repeat(1000));
        assertThat(fits.head().status()).isEqualTo("HTTP/1.1 200 OK");
    }

    @Test
    void a_malformed_request_gets_a_problem_and_is_not_forwarded() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy();
        for (String bad : List.of(
                "GET / HTTP/1.1\r\nX: " + "x".repeat(40_000) + "\r\n\r\n",
                "GET /" + "x".repeat(40_000) + " HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\n" + "X: 1\r\n".repeat(201) + "\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nBad Header: x\r\n\r\n",
                "\u0016\u0003\u0001\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n")) {
            for (String before : List.of("", "\r\n", "GET /_health HTTP/1.1\r\nHost: h\r\n\r\n")) {
                RawClient client = client(proxy).send(before + bad);
                if (before.length() > 2) {
                    assertThat(client.body(client.head())).contains("ok");
                }
                RawClient.Head head = client.head();
                assertThat(head.status()).as(bad).isEqualTo("HTTP/1.1 400 Bad Request");
                assertThat(head.header("Content-Type")).containsExactly("application/problem+json");
                assertThat(client.body(head)).contains("\"code\":\"invalid-request\"");
            }
        }
        assertThat(node.requests).isEmpty();
    }

    @Test
    void an_idle_connection_is_closed_and_a_silent_stream_is_not() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy(config().withLimits(
                        new ProxyConfig.Limits(CONNECT_LIMIT, Patience.LIMIT, Duration.ofSeconds(1), 100, 1_000)));
        RawClient stream = client(proxy).stream("/");
        stream.head();
        RawClient idle = client(proxy).get("/_health", "");
        idle.body(idle.head());
        RawClient later = client(proxy).get("/_health", "");
        later.body(later.head());

        assertThat(idle.ended()).isTrue();
        assertThat(later.ended()).isTrue();
        assertThat(open(proxy)).isEqualTo(1);
    }

    private static ProxyConfig.Limits limits(int maxRequests, long maxBodyBytes) {
        return new ProxyConfig.Limits(CONNECT_LIMIT, Patience.LIMIT, Patience.LIMIT, maxRequests, maxBodyBytes)
                .withStreamsPerAddress(0);
    }

    private String health(StickyProxy proxy) throws Exception {
        RawClient client = client(proxy).get("/_health", "");
        RawClient.Head head = client.head();
        return head.status() + " " + client.body(head);
    }
}
