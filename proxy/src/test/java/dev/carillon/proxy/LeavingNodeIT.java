package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.util.WorkerUtils;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xnio.XnioIoThread;

/** A node leaves while a request is on its way to it: nothing was sent to it yet, so that the request does not fail. */
class LeavingNodeIT extends ProxyFixture {
    private static final ProxyConfig.Health SELDOM =
            new ProxyConfig.Health("/_health", Duration.ofHours(1), Duration.ofSeconds(10), 2);
    private static final int MOST_IN_QUEUE = 10;

    @Test
    void a_request_that_went_to_another_node_does_not_end_with_the_first() throws Exception {
        TestNode dead = node();
        TestNode other = node();
        StickyProxy proxy = proxy(config().withHealth(SELDOM));
        RawClient client = client(proxy);
        // From now on there is an idle connection to the other node, on the I/O thread of this client.
        client.body(client.get("/", cookie(other)).head());
        dead.die();

        client.get("/", cookie(dead));

        assertThat(client.body(client.head()).strip()).isEqualTo(other.name());
    }

    @Test
    void a_stream_that_a_draining_node_refuses_opens_at_another_one() throws Exception {
        TestNode draining = node();
        TestNode other = node();
        draining.answer = (request, socket) -> {
            TestNode.write(
                    socket,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCarillon-Refused: draining\r\nConnection: close\r\n\r\nretry: 9\n\n");
            socket.close();
        };
        other.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.write(socket, "data: served\n\n");
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy(config().withHealth(SELDOM));
        RawClient client = client(proxy).get("/events", cookie(draining));

        RawClient.Head head = client.head();
        assertThat(head.cookie()).isEqualTo(StickyCookie.valueOf(other.url().toString()));
        assertThat(client.line()).isEqualTo("data: served");
        assertThat(view(proxy, draining).state()).isEqualTo(NodeState.DRAINING);

        other.die();
        RawClient last = client(proxy).get("/events", cookie(draining));
        last.head();
        assertThat(last.line()).isEqualTo("retry: 9");
    }

    @Test
    void a_connection_that_its_node_has_closed_is_replaced_before_the_request_is_sent() throws Exception {
        try (ServerSocket node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            StickyProxy proxy = checked(node);
            int filled = fill(node);
            CountDownLatch closed = whileConnecting(proxy, () -> {
                for (int i = 0; i < filled; i++) {
                    own(node.accept());
                }
                node.accept().close();
            });
            RawClient client = client(proxy);
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
            closed.await();
            Thread.ofVirtual().start(() -> answerAll(node, 200));

            assertThat(client.head().status()).isEqualTo("HTTP/1.1 200 OK");
        }
    }

    @Tag("full")
    @Test
    void a_request_for_a_node_that_drains_before_it_is_connected_goes_to_another_one() throws Exception {
        TestNode other = node();
        try (ServerSocket node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            StickyProxy proxy = checked(node, other.url());
            fill(node);
            CountDownLatch _ = whileConnecting(proxy, () -> {
                Thread.ofVirtual().start(() -> answerAll(node, 503));
                await(() -> proxy.nodes().getFirst().state() == NodeState.DRAINING);
            });

            assertThat(who(proxy, cookie(StickyCookie.valueOf(url(node).toString()))))
                    .isEqualTo(other.name());
        }
    }

    private interface Task {
        void run() throws IOException;
    }

    /**
     * Runs a task while a request connects, before its connection is looked at: meanwhile the I/O threads wait.
     *
     * @return opens after the task
     */
    private static CountDownLatch whileConnecting(StickyProxy proxy, Task task) {
        AtomicBoolean begun = new AtomicBoolean();
        CountDownLatch done = new CountDownLatch(1);
        Runnable once = () -> {
            try {
                if (begun.compareAndSet(false, true)) {
                    task.run();
                    done.countDown();
                } else {
                    done.await();
                }
            } catch (IOException e) {
                // The assertion fails then.
                done.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        // Enough numbers for all I/O threads.
        IntStream.range(0, 64)
                .mapToObj(proxy.undertow.getWorker()::getIoThread)
                .distinct()
                .forEach(thread -> onceConnecting(thread, proxy, once));
        return done;
    }

    private static void onceConnecting(XnioIoThread thread, StickyProxy proxy, Runnable task) {
        WorkerUtils.executeAfter(
                thread,
                () -> {
                    if (open(proxy) > 0) {
                        task.run();
                    } else if (!thread.getWorker().isShutdown()) {
                        onceConnecting(thread, proxy, task);
                    }
                },
                1,
                TimeUnit.MILLISECONDS);
    }

    /** A proxy that has seen the node up, and checks it often. */
    private StickyProxy checked(ServerSocket node, URI... others) throws Exception {
        Thread first = Thread.ofVirtual().start(() -> {
            try {
                answer(node.accept(), 200);
            } catch (IOException e) {
                // The node is down then.
            }
        });
        List<URI> urls = Stream.concat(Stream.of(url(node)), Stream.of(others)).toList();
        ProxyConfig.Health health = others.length == 0
                ? SELDOM
                : new ProxyConfig.Health("/_health", Duration.ofMillis(50), CONNECT_LIMIT, 100);
        StickyProxy proxy = proxy(ProxyConfig.of(urls)
                .withListen(new ProxyConfig.Listen("127.0.0.1", 0))
                .withHealth(health)
                .withLimits(new ProxyConfig.Limits(
                        CONNECT_LIMIT, Duration.ofSeconds(30), Duration.ofSeconds(60), 10_000, 1_000)));
        first.join();
        return proxy;
    }

    /** Connects until a connection is not accepted, as the queue of the node is full; returns the number of those in the queue. */
    private int fill(ServerSocket node) throws IOException {
        for (int connected = 0; connected < MOST_IN_QUEUE; connected++) {
            Socket socket = own(new Socket());
            try {
                socket.connect(node.getLocalSocketAddress(), 1_000);
            } catch (SocketTimeoutException e) {
                return connected;
            }
        }
        throw new AssertionError("the queue is never full");
    }

    private void answerAll(ServerSocket node, int status) {
        while (!node.isClosed()) {
            try {
                Socket socket = node.accept();
                Thread.ofVirtual().start(() -> answer(socket, status));
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    private static void answer(Socket socket, int status) {
        try (socket) {
            // The head of a request, if one comes.
            if (socket.getInputStream().read() >= 0) {
                TestNode.send(socket, status, "text/plain", "");
                socket.shutdownOutput();
                TestNode.awaitEnd(socket);
            }
        } catch (IOException e) {
            // The proxy has closed.
        }
    }

    private static URI url(ServerSocket node) {
        return URI.create("http://127.0.0.1:" + node.getLocalPort());
    }
}
