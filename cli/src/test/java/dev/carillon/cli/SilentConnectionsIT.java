package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Connections that ask nothing, more than a process has descriptors: clients of another address are served meanwhile, open streams stay,
 * and the proxy keeps its nodes.
 */
@Tag("process")
class SilentConnectionsIT {
    private static final int DESCRIPTORS = 400;
    private static final int PACE_MILLIS = 2;
    private static final int SILENT = 450;
    private static final int REQUESTS = 60;
    private static final String HEALTH = "GET /_health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    /** Of a head. */
    private static final String PART = "GET /_health HTTP/1.1\r\nHost:";

    private static final Map<String, String> NODE = Map.of(
            "CARILLON_JWT_KEY",
            TestCluster.KEY,
            "CARILLON_SECRET",
            "a secret of the tests",
            "CARILLON_ANONYMOUS",
            "true");

    @ParameterizedTest
    @ValueSource(strings = {"", PART})
    void node_serves_while_connections_that_ask_nothing_are_more_than_its_descriptors(String said) throws Exception {
        try (CommandProcess node = node(DESCRIPTORS)) {
            assertServed(port(node), node, said);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", PART})
    @Tag("full")
    void proxy_serves_and_keeps_its_node_while_connections_that_ask_nothing_are_more_than_its_descriptors(String said)
            throws Exception {
        try (CommandProcess node = node(4_096);
                CommandProcess proxy = CommandProcess.startLimited(
                        DESCRIPTORS, Map.of(), "proxy", "--port=0", "--node=http://127.0.0.1:" + port(node))) {
            assertServed(port(proxy), proxy, said);
            // After the start, whatever a busy machine did there.
            assertThat(proxy.err().stream().filter(line -> line.contains("to=\"DOWN\"")))
                    .isEmpty();
        }
    }

    @Test
    void connections_that_were_answered_once_and_say_no_more_make_room_too() throws Exception {
        try (CommandProcess node = node(DESCRIPTORS)) {
            int port = port(node);
            Deque<Socket> idle = new ArrayDeque<>();
            try {
                for (int i = 0; i < SILENT; i++) {
                    Socket socket = connect(port, "127.0.0.2");
                    socket.getOutputStream()
                            .write(HEALTH.replace("close", "keep-alive").getBytes(StandardCharsets.US_ASCII));
                    idle.add(socket);
                }
                for (int i = 0; i < REQUESTS; i++) {
                    assertThat(answer(port)).startsWith("HTTP/1.1 200");
                }
            } finally {
                closeAll(idle);
            }
        }
    }

    private static void assertServed(int port, CommandProcess process, String said) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger opened = new AtomicInteger();
        long before = p99(port);
        try (SseClient stream = SseClient.open(port, "/events?route=/a").opened()) {
            Thread flood = Thread.ofPlatform().start(() -> flood(port, said, end, opened));
            try {
                await().until(() -> opened.get() > SILENT);
                long during = p99(port);
                SseClient.open(port, "/events?route=/b").opened().close();
                assertThat(stream.hasEnded()).isFalse();
                System.out.printf(
                        "p99 of a request: %d us before, %d us while %d connections asked nothing%n",
                        before, during, opened.get());
            } finally {
                end.countDown();
                flood.join();
            }
            assertThat(answer(port)).startsWith("HTTP/1.1 200");
            assertThat(stream.hasEnded()).isFalse();
        }
        assertThat(process.err()).noneMatch(line -> line.contains("XNIO0") || line.contains("Exception"));
    }

    /** Keeps so many open until the end, with new ones for those that were closed, every {@value #PACE_MILLIS} ms, and at most so many in all. */
    private static void flood(int port, String said, CountDownLatch end, AtomicInteger opened) {
        Deque<Socket> silent = new ArrayDeque<>();
        try {
            while (silent.size() <= SILENT || !end.await(PACE_MILLIS, TimeUnit.MILLISECONDS)) {
                if (opened.get() < 10 * SILENT) {
                    Socket socket = connect(port, "127.0.0.2");
                    silent.add(socket);
                    say(socket, said);
                    opened.incrementAndGet();
                    if (silent.size() > SILENT + 1) {
                        silent.removeFirst().close();
                    }
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            closeAll(silent);
        }
    }

    private static void say(Socket socket, String said) {
        try {
            socket.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // It has made room already.
        }
    }

    /** Of requests on connections of their own, in microseconds; each is answered. */
    private static long p99(int port) throws IOException {
        long[] micros = new long[REQUESTS];
        for (int i = 0; i < REQUESTS; i++) {
            long began = System.nanoTime();
            assertThat(answer(port)).startsWith("HTTP/1.1 200");
            micros[i] = (System.nanoTime() - began) / 1_000;
        }
        java.util.Arrays.sort(micros);
        return micros[REQUESTS * 99 / 100];
    }

    private static String answer(int port) throws IOException {
        try (Socket socket = connect(port, "127.0.0.1")) {
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            socket.getOutputStream().write(HEALTH.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static Socket connect(int port, String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Patience.LIMIT_MILLIS);
        return socket;
    }

    private static void closeAll(Deque<Socket> sockets) {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // It was closed by the other side.
            }
        }
    }

    private static CommandProcess node(int descriptors) {
        return CommandProcess.startLimited(
                descriptors,
                NODE,
                "serve",
                "--port=0",
                "--admin-port=0",
                "--internal-port=0",
                "--context-linger=0s",
                "--header-timeout=5m");
    }

    private static int port(CommandProcess process) {
        return Integer.parseInt(
                process.awaitLine("serves http://127.0.0.1:(\\d+)").group(1));
    }
}
