package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardingIT extends ProxyFixture {
    private static final String SPOOFED = lines(
            "X-Forwarded-For: 6.6.6.6",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: evil.test",
            "X-Forwarded-Port: 666",
            "X-Forwarded-Prefix: /evil",
            "Forwarded: for=6.6.6.6");

    @Test
    void an_answer_to_head_has_no_body_whatever_its_content_length() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            assertThat(request.line()).startsWith("HEAD ");
            String more = switch (request.target()) {
                case "/length" -> "Content-Length: 5000\r\n";
                case "/chunked" -> "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n";
                default -> "Content-Type: text/event-stream\r\n";
            };
            TestNode.write(socket, "HTTP/1.1 200 OK\r\n" + more + "\r\n");
        };
        RawClient client = client(proxy());
        for (int round = 0; round < 3; round++) {
            for (String target : List.of("/length", "/chunked", "/neither")) {
                client.send("HEAD " + target + " HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
                RawClient.Head head = client.head();
                assertThat(head.status()).as(target).isEqualTo("HTTP/1.1 200 OK");
                assertThat(head.header("Content-Length")).hasSize(target.equals("/length") ? 1 : 0);
            }
        }
    }

    @Test
    void forwarded_headers_of_a_client_are_replaced() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy();
        get(proxy, SPOOFED);
        TestNode.Request request = node.requests.getFirst();

        assertThat(request.header("X-Forwarded-For")).containsExactly("127.0.0.1");
        assertThat(request.header("X-Forwarded-Proto")).containsExactly("http");
        assertThat(request.header("X-Forwarded-Host")).containsExactly("proxy.test");
        assertThat(request.header("X-Forwarded-Port")).containsExactly(String.valueOf(proxy.port()));
        assertThat(request.header("X-Forwarded-Prefix")).isEmpty();
        assertThat(request.header("Forwarded")).isEmpty();
        assertThat(request.header("Host")).containsExactly("proxy.test");
    }

    @Test
    void forwarded_headers_of_a_trusted_proxy_are_extended() throws Exception {
        TestNode node = node();
        get(proxy(config().withTrustedProxies(List.of("127.0.0.0/8"))), SPOOFED);
        TestNode.Request request = node.requests.getFirst();

        assertThat(request.header("X-Forwarded-For")).containsExactly("6.6.6.6, 127.0.0.1");
        assertThat(request.header("X-Forwarded-Proto")).containsExactly("https");
        assertThat(request.header("X-Forwarded-Host")).containsExactly("evil.test");
        assertThat(request.header("X-Forwarded-Port")).containsExactly("666");
        assertThat(request.header("Forwarded")).containsExactly("for=6.6.6.6");
    }

    @Test
    void each_answer_has_one_date_which_is_that_of_the_node_if_it_gave_one() throws Exception {
        TestNode node = node();
        String theirs = "Thu, 01 Jan 1970 00:00:04 GMT";
        node.answer = (request, socket) -> TestNode.write(
                socket,
                lines(
                        "HTTP/1.1 200 OK",
                        request.target().equals("/dated") ? "Date: " + theirs : "X-No-Date: 1",
                        "Content-Length: 0",
                        ""));
        RawClient client = client(proxy());

        assertThat(client.get("/dated", "").head().header("Date")).containsExactly(theirs);
        assertThat(client.get("/undated", "").head().header("Date")).hasSize(1);
        assertThat(client.get("/_health", "").head().header("Date")).hasSize(1);
    }

    @Test
    void hop_by_hop_headers_are_not_forwarded_in_either_direction() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.write(
                socket,
                lines(
                        "HTTP/1.1 200 OK",
                        "Connection: keep-alive, X-Hop",
                        "Keep-Alive: timeout=5",
                        "X-Hop: 1",
                        "X-End: 2",
                        "Content-Length: 0",
                        ""));
        RawClient.Head head = get(
                proxy(),
                lines(
                        "Connection: keep-alive, X-Mine, Host",
                        "X-Mine: 1",
                        "Keep-Alive: 5",
                        "TE: trailers",
                        "Upgrade: foo",
                        "Proxy-Connection: x",
                        "X-End: 2"));
        TestNode.Request request = node.requests.getFirst();

        assertThat(request.headers())
                .noneMatch(line -> line.matches("(?i)(x-mine|keep-alive|te|upgrade|proxy-connection|connection):.*"));
        assertThat(request.header("X-End")).containsExactly("2");
        assertThat(request.header("Host")).containsExactly("proxy.test");
        assertThat(head.lines()).noneMatch(line -> line.matches("(?i)(x-hop|keep-alive):.*"));
        assertThat(head.header("X-End")).containsExactly("2");
    }

    @Test
    void end_to_end_headers_are_forwarded_even_if_connection_names_them() throws Exception {
        TestNode node = node();
        get(
                proxy(),
                lines(
                        "Connection: keep-alive, Origin, cookie, AUTHORIZATION, Last-Event-ID, Sec-Fetch-Site, Content-Type",
                        "Connection: X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Port, Content-Length",
                        "Connection: Idempotency-Key, Access-Control-Request-Method, Referer, X-Mine",
                        "Origin: https://evil.test",
                        "Cookie: a=b",
                        "Authorization: Bearer x",
                        "Last-Event-ID: 1",
                        "Sec-Fetch-Site: cross-site",
                        "Content-Type: text/plain",
                        "Idempotency-Key: k",
                        "Access-Control-Request-Method: POST",
                        "Referer: https://evil.test/",
                        "X-Mine: 1"));
        TestNode.Request request = node.requests.getFirst();

        for (String name : List.of(
                "Origin",
                "Cookie",
                "Authorization",
                "Last-Event-ID",
                "Sec-Fetch-Site",
                "Content-Type",
                "Idempotency-Key",
                "Access-Control-Request-Method",
                "Referer",
                "X-Forwarded-For",
                "X-Forwarded-Proto",
                "X-Forwarded-Host",
                "X-Forwarded-Port")) {
            assertThat(request.header(name)).as(name).hasSize(1);
        }
        assertThat(request.header("X-Mine")).isEmpty();
    }

    @Test
    void the_request_target_is_forwarded_unchanged() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy();
        for (String target : List.of(
                "/a;b=c/d?x=%20y;z&x=2",
                "/%2e%2e/a%2Fb//c", "/?", "/a?b?c", "/%C3%BC?q=%C3%BC", "/{a}?topic=https://x.test/{id}|\\^`")) {
            client(proxy).get(target, "").head();
        }
        client(proxy)
                .send("GET http://proxy.test/abs?q=1 HTTP/1.1\r\nHost: proxy.test\r\n\r\n")
                .head();

        assertThat(node.requests.stream().map(TestNode.Request::target))
                .containsExactly(
                        "/a;b=c/d?x=%20y;z&x=2",
                        "/%2e%2e/a%2Fb//c",
                        "/",
                        "/a?b?c",
                        "/%C3%BC?q=%C3%BC",
                        "/{a}?topic=https://x.test/{id}|\\^`",
                        "/abs?q=1");
    }

    @Test
    void bodies_are_forwarded_with_a_length_in_chunks_and_after_100_continue() throws Exception {
        TestNode node = node();
        RawClient client = client(proxy());
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        assertThat(client.body(client.head())).isEqualTo(node.name() + " abc");
        client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        assertThat(client.body(client.head())).isEqualTo(node.name() + " abcde");
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
        assertThat(client.head().status()).isEqualTo("HTTP/1.1 100 Continue");
        client.send("xyz");
        assertThat(client.body(client.head())).isEqualTo(node.name() + " xyz");
        client.send("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        assertThat(client.body(client.head())).isEqualTo(node.name() + " body");
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
        assertThat(client.body(client.head())).isEqualTo(node.name() + " ");
    }

    @Test
    void pipelined_requests_are_answered_in_order() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.send(socket, 200, "text/plain", request.target());
        RawClient client = client(proxy());
        client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
                + "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");

        assertThat(client.body(client.head())).isEqualTo("/1");
        assertThat(client.body(client.head())).isEqualTo("/2");
        assertThat(client.body(client.head())).isEqualTo("/3");
    }

    @Test
    void a_request_sent_during_an_answer_is_handled_after_it() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            await(() -> node.requests.size() > 1 || request.target().equals("/2") || node.health == 201);
            TestNode.send(socket, 200, "text/plain", request.target());
        };
        StickyProxy proxy = proxy();
        RawClient client = client(proxy);
        client.get("/1", "");
        await(() -> node.requests.size() == 1);
        client.get("/2", "");
        node.health = 201;

        assertThat(client.body(client.head())).isEqualTo("/1");
        assertThat(client.body(client.head())).isEqualTo("/2");
    }

    @Test
    void answers_without_a_body_are_forwarded() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.write(
                socket,
                request.line().startsWith("HEAD")
                        ? "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
                        : "HTTP/1.1 " + request.target().substring(1) + " X\r\n\r\n");
        RawClient client = client(proxy());

        assertThat(client.get("/204", "").head().status()).startsWith("HTTP/1.1 204");
        assertThat(client.get("/304", "").head().status()).startsWith("HTTP/1.1 304");
        client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(client.head().header("Content-Length")).containsExactly("1234");
        assertThat(client.get("/204", "").head().status()).startsWith("HTTP/1.1 204");
        assertThat(node.connections).hasSizeLessThan(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\nabcd",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\nabcd",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4,4\r\n\r\nabcd",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x4\r\n\r\nabcd",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\nabcd",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\nabc",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nHost: other\r\n\r\n",
                "GET http://other.test/abs?q=1 HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET http://other.test/ HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nX: a\u0000b\r\n\r\n",
                "CONNECT other:80 HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /a?b\u0001 HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /\u00fc HTTP/1.1\r\nHost: h\r\n\r\n",
                "nonsense\r\n\r\n"
            })
    void ambiguous_requests_are_refused_and_close_the_connection(String text) throws Exception {
        TestNode node = node();
        RawClient client = client(proxy()).send(text);

        assertThat(client.head().status()).matches("HTTP/1.[01] 400 .*");
        assertThat(client.rest()).doesNotContainPattern("HTTP/1[.]\\d \\d");
        assertThat(node.requests).isEmpty();
    }

    @Test
    void a_malformed_chunk_never_completes_a_request() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy();
        RawClient client = client(proxy)
                .send(
                        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\nGET /2 HTTP/1.1\r\n\r\n");

        assertThat(client.ended() || !client.rest().contains(" 200 ")).isTrue();
        assertThat(node.requests).isEmpty();
        await(() -> open(proxy) == 0);
    }

    @Test
    void bytes_after_a_request_are_another_request() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.send(socket, 200, "text/plain", request.target() + request.body());
        RawClient client = client(proxy());
        client.send("GET /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nGET /x");
        assertThat(client.body(client.head())).isEqualTo("/1GET /x");
        client.get("/2", "");
        assertThat(client.body(client.head())).isEqualTo("/2");
    }

    private static String lines(String... lines) {
        return String.join("\r\n", lines) + "\r\n";
    }
}
