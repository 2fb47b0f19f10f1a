package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.TestCertificate;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An {@code EventSource} of a real browser comes back after a node has closed its connections instead of a handshake. */
@Tag("process")
@Tag("chromium")
@Tag("full")
class RefusedHandshakeIT {
    private static final int REFUSALS = 3;

    @Test
    void an_event_source_opens_again_after_connections_that_were_closed_before_their_handshake(@TempDir Path dir)
            throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "node", "EC");
        try (TestCluster secure = new TestCluster("memory://refused-handshake", 1, certificate.settings());
                Relay relay = new Relay(secure.node(0).port());
                Chromium chromium = new Chromium()) {
            Page page = chromium.page(
                    new Browser.NewContextOptions().setIgnoreHTTPSErrors(true).setBypassCSP(true));
            page.navigate("https://127.0.0.1:" + relay.port() + "/_health");
            // The first connection of the source must be a new one.
            relay.refuse(REFUSALS);
            page.evaluate("""
                    window.opened = 0;
                    window.source = new EventSource('/events?topic=a');
                    source.addEventListener('carillon.open', () => opened++);
                    """);

            page.waitForFunction("opened === 1");

            assertThat(relay.refused()).isGreaterThanOrEqualTo(REFUSALS);
            assertThat(page.evaluate("source.readyState")).isEqualTo(1);
        }
    }

    /** Passes connections on, but for some that it closes when the client has sent its first bytes. */
    private static final class Relay implements AutoCloseable {
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final int target;
        private final AtomicInteger left = new AtomicInteger();
        private final AtomicInteger refused = new AtomicInteger();
        private final List<Socket> sockets = new CopyOnWriteArrayList<>();

        Relay(int target) throws IOException {
            this.target = target;
            Thread.ofVirtual().start(this::accept);
        }

        int port() {
            return listener.getLocalPort();
        }

        /** Closes the open connections, and the next ones. */
        void refuse(int connections) throws IOException {
            left.set(connections);
            for (Socket socket : sockets) {
                socket.close();
            }
        }

        int refused() {
            return refused.get();
        }

        private void accept() {
            try {
                while (true) {
                    Socket client = listener.accept();
                    sockets.add(client);
                    Thread.ofVirtual().start(() -> serve(client));
                }
            } catch (IOException e) {
                // The listener was closed.
            }
        }

        private void serve(Socket client) {
            byte[] first = new byte[16 * 1024];
            try (client) {
                int length = client.getInputStream().read(first);
                if (left.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                    refused.incrementAndGet();
                    return;
                }
                try (Socket node = new Socket(InetAddress.getLoopbackAddress(), target)) {
                    sockets.add(node);
                    node.getOutputStream().write(first, 0, Math.max(0, length));
                    Thread answers = Thread.ofVirtual().start(() -> pass(node, client));
                    pass(client, node);
                    answers.join();
                }
            } catch (IOException e) {
                // A connection was closed.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private static void pass(Socket from, Socket to) {
            try {
                OutputStream out = to.getOutputStream();
                from.getInputStream().transferTo(out);
                to.close();
            } catch (IOException e) {
                // A connection was closed.
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
