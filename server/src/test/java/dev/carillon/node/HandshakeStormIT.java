package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpClient.Version;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More TLS handshakes at once than a node allows. */
@Tag("full")
class HandshakeStormIT {
    private static final int CLIENTS = 60;
    private static final int EVENTS = 20;
    /** Content type of the first record of the answer (RFC 8446, section 5.1). */
    private static final int HANDSHAKE_RECORD = 22;

    private static final String WAITING = "carillon_tls_handshakes";
    private static final String REFUSED = "carillon_requests_refused_total{reason=\"tls-handshakes\"}";

    private final List<AutoCloseable> open = new ArrayList<>();
    private final WatchedLog log = new WatchedLog();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
        log.close();
        assertThat(log.warnings()).isEmpty();
    }

    @Test
    void those_beyond_the_maximum_are_closed_and_come_back_while_open_streams_go_on(@TempDir Path dir)
            throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "rsa", "RSA");
        Map<String, String> settings = new HashMap<>(certificate.settings());
        settings.put("tls-handshakes", "1");
        String broker = "memory://handshakes";
        Node node = cluster(broker, settings);
        Node plain = cluster(broker, Map.of());
        WebClient client = new WebClient(Version.HTTP_1_1, certificate);
        open.add(client);
        WebClient.Stream stream = client.open(node, "/events?topic=a").await("event: carillon.open");

        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            sockets.add(connect(node));
        }
        byte[] hello = hello(certificate);
        for (Socket socket : sockets) {
            socket.getOutputStream().write(hello);
        }
        for (int i = 0; i < EVENTS; i++) {
            broadcast(plain, "{\"scope\":\"topic:a\",\"data\":\"event " + i + "\"}");
        }

        int refused = 0;
        for (Socket socket : sockets) {
            refused += isAnswered(socket) ? 0 : 1;
        }
        assertThat(refused).isBetween(1, CLIENTS - 1);
        assertThat(metric(node, REFUSED)).isEqualTo(refused);
        await().until(() -> metric(node, WAITING) == 0);
        stream.await("data: event " + (EVENTS - 1));
        assertThat(stream.data("event "))
                .isEqualTo(
                        IntStream.range(0, EVENTS).mapToObj(i -> "event " + i).toList());

        // A place is free again.
        WebClient later = new WebClient(Version.HTTP_1_1, certificate);
        open.add(later);
        later.open(node, "/events?topic=a").await("event: carillon.open");
    }

    private Node cluster(String broker, Map<String, String> settings) {
        TestCluster cluster = new TestCluster(broker, 1, settings);
        open.add(cluster);
        return cluster.node(0);
    }

    private Socket connect(Node node) throws IOException {
        Socket socket = new Socket();
        open.add(socket);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()));
        socket.setSoTimeout(Patience.LIMIT_MILLIS);
        return socket;
    }

    /** The first message of a client; each handshake with it is a full one. */
    private static byte[] hello(TestCertificate certificate) throws SSLException {
        SSLEngine engine = certificate.client().createSSLEngine("127.0.0.1", 1);
        engine.setUseClientMode(true);
        ByteBuffer message = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), message);
        byte[] bytes = new byte[message.flip().remaining()];
        message.get(bytes);
        return bytes;
    }

    /** Whether the server goes on with the handshake; otherwise it has closed the connection. */
    private static boolean isAnswered(Socket socket) {
        try {
            return socket.getInputStream().read() == HANDSHAKE_RECORD;
        } catch (IOException e) {
            return false;
        }
    }
}
