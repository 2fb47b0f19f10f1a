package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.util.WorkerUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.xnio.XnioIoThread;

class FailoverIT extends ProxyFixture {
    private static final ProxyConfig.Health SELDOM =
            new ProxyConfig.Health("/_health", Duration.ofHours(1), Duration.ofSeconds(10), 2);

    @Test
    void the_first_request_goes_to_an_available_node() throws Exception {
        TestNode dead = node();
        TestNode alive = node();
        dead.die();
        StickyProxy proxy = proxy();

        assertThat(view(proxy, dead).state()).isEqualTo(NodeState.DOWN);
        assertThat(view(proxy, alive).state()).isEqualTo(NodeState.UP);
        assertThat(who(proxy, cookie(dead))).isEqualTo(alive.name());
    }

    @Test
    void a_session_of_a_failed_node_moves_with_a_new_cookie_and_new_sessions_use_the_restarted_node() throws Exception {
        TestNode dead = node();
        TestNode other = node();
        StickyProxy proxy = proxy();
        dead.die();

        RawClient.Head moved = get(proxy, cookie(dead));
        assertThat(moved.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(moved.cookie()).isEqualTo(StickyCookie.valueOf(other.url().toString()));
        assertThat(who(proxy, cookie(moved.cookie()))).isEqualTo(other.name());

        dead.comeBack();
        awaitState(proxy, dead, NodeState.UP);
        assertThat(who(proxy, cookie(dead))).isEqualTo(dead.name());
    }

    @Test
    void a_refused_connection_marks_the_node_down_without_an_error_for_the_client() throws Exception {
        TestNode dead = node();
        TestNode other = node();
        StickyProxy proxy = proxy(config().withHealth(SELDOM));
        dead.die();

        assertThat(view(proxy, dead).state()).isEqualTo(NodeState.UP);
        assertThat(who(proxy, cookie(dead))).isEqualTo(other.name());
        assertThat(view(proxy, dead).state()).isEqualTo(NodeState.DOWN);
    }

    @Test
    void a_post_whose_connection_was_refused_is_sent_to_one_other_node_with_its_body() throws Exception {
        TestNode dead = node();
        TestNode other = node();
        StickyProxy proxy = proxy(config().withHealth(SELDOM));
        dead.die();

        RawClient client = client(proxy);
        client.send("POST / HTTP/1.1\r\nHost: h\r\n" + cookie(dead) + "Content-Length: 5\r\n\r\nhello");

        assertThat(client.body(client.head())).isEqualTo(other.name() + " hello");
        assertThat(other.requests).hasSize(1);
    }

    @Test
    void a_request_that_was_sent_is_never_sent_again() throws Exception {
        TestNode first = node();
        TestNode second = node();
        first.answer = second.answer = (request, socket) -> socket.close();
        StickyProxy proxy = proxy();
        for (String method : List.of("POST", "GET")) {
            RawClient client = client(proxy);
            client.send(method + " / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
            RawClient.Head head = client.head();

            assertThat(head.status()).isEqualTo("HTTP/1.1 502 Bad Gateway");
            assertThat(head.header("Content-Type")).containsExactly("application/problem+json");
            assertThat(client.body(head))
                    .contains("\"status\":502", "\"code\":\"node-failed\"", "\"title\":\"Bad Gateway\"");
        }
        assertThat(first.requests.size() + second.requests.size()).isEqualTo(2);
    }

    @Test
    void a_request_that_meets_the_end_of_an_idle_connection_is_repeated_on_a_new_one_if_that_has_no_second_effect()
            throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy(config().withHealth(SELDOM));
        String answered = "HTTP/1.1 200 OK";
        String failed = "HTTP/1.1 502 Bad Gateway";

        assertThat(afterAnIdleConnection(node, proxy, "GET", "")).isEqualTo(answered);
        assertThat(afterAnIdleConnection(node, proxy, "DELETE", "")).isEqualTo(answered);
        assertThat(node.requests).hasSize(2 * 3);
        assertThat(afterAnIdleConnection(node, proxy, "POST", "")).isEqualTo(failed);
        assertThat(afterAnIdleConnection(node, proxy, "PUT", "hello")).isEqualTo(failed);
        assertThat(afterAnIdleConnection(node, proxy, "GET", "", "HTTP/1.1 2")).isEqualTo(failed);
        assertThat(node.requests).hasSize(2 * 3 + 3 * 2);
        assertThat(view(proxy, node).state()).isEqualTo(NodeState.UP);
    }

    private String afterAnIdleConnection(TestNode node, StickyProxy proxy, String method, String body)
            throws IOException {
        return afterAnIdleConnection(node, proxy, method, body, "");
    }

    /**
     * Sends a request on a connection to the node that has served another one; the node closes it after a part of an answer.
     *
     * @return the first line of the proxy's response
     */
    private String afterAnIdleConnection(
            TestNode node, StickyProxy proxy, String method, String body, String partOfAnswer) throws IOException {
        TestNode.Answer usual = node.answer;
        RawClient client = client(proxy);
        client.body(client.get("/", "").head());
        node.answer = (request, socket) -> {
            node.answer = usual;
            TestNode.write(socket, partOfAnswer);
            socket.close();
        };
        client.send(method + " / HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        return client.head().status();
    }

    @Test
    void a_draining_node_keeps_its_streams_and_gets_nothing_new() throws Exception {
        TestNode draining = node();
        TestNode other = node();
        draining.answer = (request, socket) -> {
            TestNode.openStream(socket);
            await(() -> draining.requests.size() > 1);
            TestNode.write(socket, "data: still here\n\n");
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy();
        RawClient stream = client(proxy).get("/", cookie(draining));
        stream.head();
        draining.health = 503;
        awaitState(proxy, draining, NodeState.DRAINING);

        assertThat(who(proxy, cookie(draining))).isEqualTo(other.name());
        draining.requests.addAll(other.requests);
        assertThat(stream.line()).isEqualTo("data: still here");

        draining.health = 200;
        awaitState(proxy, draining, NodeState.UP);
    }

    @Test
    void draining_nodes_serve_as_a_last_resort_and_sessions_stay() throws Exception {
        TestNode first = node();
        TestNode second = node();
        first.health = second.health = 503;
        StickyProxy proxy = proxy();

        assertThat(who(proxy, cookie(first))).isEqualTo(first.name());
        assertThat(who(proxy, cookie(second))).isEqualTo(second.name());
        assertThat(get(proxy, "").cookie()).isNotEmpty();
    }

    @Test
    void a_hung_node_goes_down_after_its_failures_and_its_requests_are_cut() throws Exception {
        TestNode hung = node();
        TestNode other = node();
        hung.answer = other.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.write(socket, "data: one\n\n");
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy(config().withHealth(BRIEF));
        RawClient stream = client(proxy).get("/events", cookie(hung) + "Accept: text/event-stream\r\n");
        stream.head();
        assertThat(stream.line()).isEqualTo("data: one");
        hung.hang();
        RawClient pending = client(proxy).get("/events", cookie(hung) + "Accept: text/event-stream\r\n");

        assertThat(stream.line()).isEmpty();
        assertThat(stream.ended()).isTrue();
        assertThat(pending.head().status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(pending.rest()).contains("\r\nretry: ");
        awaitState(proxy, hung, NodeState.DOWN);
        await(() -> open(proxy) == 0);
        assertThat(client(proxy).get("/events", cookie(hung)).head().cookie())
                .isEqualTo(StickyCookie.valueOf(other.url().toString()));

        hung.awaken();
        awaitState(proxy, hung, NodeState.UP);
    }

    @Test
    void a_single_failure_does_not_mark_a_node_down() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy(config().withHealth(
                        new ProxyConfig.Health("/_health", Duration.ofMillis(20), Duration.ofSeconds(10), 1_00)));
        node.health = 404;
        await(() -> node.connections.isEmpty());

        assertThat(who(proxy, "")).isEqualTo(node.name());
    }

    @Test
    void a_connection_that_is_never_accepted_does_not_block_the_client() throws Exception {
        TestNode other = node();
        try (ServerSocket full = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            // Its accept queue is full: further connections are not answered, as at a black-holed address.
            ProxyConfig config = ProxyConfig.of(
                            List.of(URI.create("http://127.0.0.1:" + full.getLocalPort()), other.url()))
                    .withHealth(new ProxyConfig.Health("/_health", Duration.ofHours(1), Duration.ofSeconds(10), 2));
            Thread health = Thread.ofVirtual().start(() -> {
                try (var socket = full.accept()) {
                    TestNode.send(socket, 200, "text/plain", "");
                } catch (IOException e) {
                    // The assertion fails then.
                }
            });
            StickyProxy proxy = proxy(config.withLimits(new ProxyConfig.Limits(
                    Duration.ofMillis(300), Duration.ofSeconds(30), Duration.ofSeconds(60), 10_000, 1_000)));
            health.join();
            fill(full.getLocalPort());

            long began = System.nanoTime();
            String black = StickyCookie.valueOf("http://127.0.0.1:" + full.getLocalPort());
            assertThat(who(proxy, cookie(black))).isEqualTo(other.name());
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(250));
            assertThat(proxy.nodes().getFirst().state()).isEqualTo(NodeState.DOWN);
        }
    }

    @Test
    void a_node_stays_up_when_the_proxy_itself_is_late() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy(config().withHealth(SELDOM)
                .withLimits(new ProxyConfig.Limits(
                        Duration.ofMillis(200), Duration.ofSeconds(30), Duration.ofSeconds(60), 10_000, 1_000)));
        // Enough numbers for all I/O threads.
        IntStream.range(0, 64)
                .mapToObj(proxy.undertow.getWorker()::getIoThread)
                .distinct()
                .forEach(thread -> WorkerUtils.executeAfter(
                        thread, () -> blockOnceConnecting(thread, proxy), 1, TimeUnit.MILLISECONDS));

        assertThat(who(proxy, "")).isEqualTo(node.name());
        assertThat(view(proxy, node).state()).isEqualTo(NodeState.UP);
    }

    /** Blocks a thread for twice the time limit of a connect, between the connect and the next look at the sockets. */
    private static void blockOnceConnecting(XnioIoThread thread, StickyProxy proxy) {
        if (open(proxy) > 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400));
        } else if (!thread.getWorker().isShutdown()) {
            WorkerUtils.executeAfter(thread, () -> blockOnceConnecting(thread, proxy), 1, TimeUnit.MILLISECONDS);
        }
    }

    @Test
    void idle_connections_are_reused_and_closed_with_the_node() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy(config().withHealth(SELDOM));
        await(() -> node.connections.isEmpty());
        RawClient client = client(proxy);
        for (int i = 0; i < 5; i++) {
            client.body(client.get("/", "").head());
        }
        assertThat(node.connections).hasSize(1);

        node.die();
        node.comeBack();
        await(() -> node.connections.isEmpty());
        assertThat(client.body(client.get("/", "").head()).strip()).isEqualTo(node.name());
    }

    /** Connects until a connection is not accepted. */
    private void fill(int port) throws IOException {
        for (int i = 0; i < 10; i++) {
            Socket socket = own(new Socket());
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            } catch (SocketTimeoutException e) {
                return;
            }
        }
        throw new AssertionError("the queue is never full");
    }
}
