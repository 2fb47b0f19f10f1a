package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.RawHttp2;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The limit of open requests and streams, and so of connections to nodes, of one client address, while another is served. */
@Tag("own-jvm")
class AddressStreamsIT extends ProxyFixture {
    private static final String ATTACKER = "127.0.0.2";
    /** Keeps a node up that accepts no connections. */
    private static final ProxyConfig.Health SELDOM =
            new ProxyConfig.Health("/_health", Duration.ofHours(1), Duration.ofSeconds(20), 100);

    private static final String OTHER = "127.0.0.1";

    @Test
    void address_at_its_limit_is_refused_until_a_stream_ends() throws Exception {
        StickyProxy proxy = proxy(limited(2));
        RawClient first = client(proxy, ATTACKER).stream("/hold");
        first.head();
        client(proxy, ATTACKER).stream("/hold").head();

        RawClient plain = client(proxy, ATTACKER).get("/", "");
        RawClient.Head head = plain.head();
        assertThat(head.status()).isEqualTo("HTTP/1.1 429 Too Many Requests");
        assertThat(head.header("Retry-After")).containsExactly("2");
        assertThat(plain.body(head)).contains("\"code\":\"too-many-requests\"");
        RawClient stream = client(proxy, ATTACKER).stream("/hold");
        assertThat(stream.head().status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(stream.rest()).contains("\r\nretry: ");
        assertThat(open(proxy)).isEqualTo(2);
        assertThat(served(proxy, OTHER)).isTrue();
        assertThat(logged())
                .filteredOn(event -> event.getMessage().contains("address exceeds its limit"))
                .hasSize(1);

        first.close();
        await(() -> served(proxy, ATTACKER));
    }

    @Test
    void http_2_streams_beyond_the_address_limit_reach_no_node() throws Exception {
        StickyProxy proxy = proxy(limited(5));
        try (RawHttp2 attacker = RawHttp2.reading(proxy.port(), ATTACKER);
                RawHttp2 other = RawHttp2.reading(proxy.port(), OTHER)) {
            for (int i = 0; i < 50; i++) {
                attacker.send(RawHttp2.head(1 + 2 * i, false, "POST", "/hold"));
            }
            for (int i = 5; i < 50; i++) {
                int stream = 1 + 2 * i;
                await(() -> attacker.isOver(stream));
            }
            assertThat(open(proxy)).isEqualTo(5);
            other.send(RawHttp2.head(1, true, "GET", "/"));
            await(() -> other.frames().stream().anyMatch(frame -> frame.stream() == 1 && frame.ends()));
        }
        await(() -> open(proxy) == 0);
        assertThat(served(proxy, ATTACKER)).isTrue();
    }

    @Test
    void address_gets_at_most_half_of_the_open_requests() throws Exception {
        StickyProxy proxy = proxy(limits(4, 5_000, "10.0.0.0/8"));
        for (int i = 0; i < 2; i++) {
            client(proxy, ATTACKER).stream("/hold").head();
        }
        assertThat(served(proxy, ATTACKER)).isFalse();
        assertThat(served(proxy, OTHER)).isTrue();
    }

    @Test
    void clients_of_a_trusted_proxy_are_counted_by_their_own_addresses() throws Exception {
        StickyProxy proxy = proxy(limits(10_000, 1, "127.0.0.0/8"));
        client(proxy, ATTACKER).get("/hold", "X-Forwarded-For: 203.0.113.7\r\n").head();

        assertThat(status(proxy, "X-Forwarded-For: 203.0.113.7\r\n")).contains("429");
        assertThat(status(proxy, "X-Forwarded-For: 203.0.113.8\r\n")).contains("200");
        assertThat(status(proxy, "X-Forwarded-For: 203.0.113.7, 203.0.113.9\r\n"))
                .contains("200");
        // A /64 network is one client.
        client(proxy, ATTACKER).get("/hold", "X-Forwarded-For: 2001:db8::1\r\n").head();
        assertThat(status(proxy, "X-Forwarded-For: 2001:db8::2\r\n")).contains("429");
        assertThat(status(proxy, "X-Forwarded-For: 2001:db8:0:1::1\r\n")).contains("200");
    }

    @Test
    void addresses_claimed_by_a_client_are_ignored() throws Exception {
        StickyProxy proxy = proxy(limits(10_000, 1, "10.0.0.0/8"));
        client(proxy, ATTACKER).get("/hold", "X-Forwarded-For: 203.0.113.7\r\n").head();
        assertThat(status(proxy, "X-Forwarded-For: 203.0.113.8\r\n")).contains("429");
    }

    @Test
    void requests_reset_while_connecting_stay_within_the_address_limit() throws Exception {
        StickyProxy proxy = proxy(limits(10_000, 5, "10.0.0.0/8").withHealth(SELDOM));
        TestNode node = nodes.getLast();
        List<Socket> queue = new ArrayList<>();
        node.die();
        try (ServerSocket full = new ServerSocket()) {
            full.setReuseAddress(true);
            full.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()), 1);
            fill(full, queue);
            long before = descriptors();
            try (RawHttp2 attacker = RawHttp2.reading(proxy.port(), ATTACKER)) {
                for (int i = 0; i < 60; i++) {
                    attacker.send(RawHttp2.head(1 + 2 * i, true, "GET", "/"));
                    attacker.send(RawHttp2.frame(RawHttp2.RST_STREAM, 0, 1 + 2 * i, RawHttp2.number(8)));
                }
                attacker.send(RawHttp2.head(121, true, "GET", "/"));
                await(() -> attacker.isOver(121));
                assertThat(view(proxy, node).state()).isEqualTo(NodeState.UP);
                assertThat(descriptors() - before).isBetween(5L, 20L);
            }
        } finally {
            for (Socket socket : queue) {
                socket.close();
            }
        }
    }

    /** Connects clients until one is not accepted any more. */
    private static void fill(ServerSocket full, List<Socket> queue) {
        await(() -> {
            Socket socket = new Socket();
            try {
                socket.connect(full.getLocalSocketAddress(), 500);
                queue.add(socket);
                return false;
            } catch (IOException e) {
                socket.close();
                return true;
            }
        });
    }

    private ProxyConfig limited(int streamsPerAddress) {
        return limits(10_000, streamsPerAddress, "10.0.0.0/8");
    }

    /** Starts a proxy with a node that answers {@code /hold} by an endless stream. */
    private ProxyConfig limits(int maxRequests, int streamsPerAddress, String trusted) {
        TestNode node = node();
        node.answer = (request, socket) -> {
            if (request.target().equals("/hold")) {
                TestNode.openStream(socket);
                TestNode.awaitEnd(socket);
            } else {
                TestNode.send(socket, 200, "text/plain", "");
            }
        };
        return config().withHealth(PATIENT)
                .withTrustedProxies(List.of(trusted))
                .withLimits(new ProxyConfig.Limits(CONNECT_LIMIT, Patience.LIMIT, Patience.LIMIT, maxRequests, 1_000)
                        .withStreamsPerAddress(streamsPerAddress));
    }

    private boolean served(StickyProxy proxy, String from) throws IOException {
        try (RawClient client = new RawClient(proxy.port(), from)) {
            return client.get("/", "").head().status().equals("HTTP/1.1 200 OK");
        }
    }

    private String status(StickyProxy proxy, String headers) throws IOException {
        try (RawClient client = new RawClient(proxy.port(), ATTACKER)) {
            return client.get("/", headers).head().status();
        }
    }
}
