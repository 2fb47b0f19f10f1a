package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.TestCertificate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real nodes behind the proxy, as browsers see them: with TLS. */
class ProxiedClusterIT {
    private static final int EVENTS = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void an_event_is_received_before_the_next_is_broadcast(HttpClient.Version version) throws Exception {
        TestCertificate tls = TestCertificate.make(dir, "proxy", "EC");
        try (TestCluster cluster = new TestCluster("memory:proxied-" + version, 2, Map.of());
                StickyProxy proxy = StickyProxy.start(
                        config(cluster).withTls(new ProxyConfig.TlsFiles(tls.certificate(), tls.key())));
                HttpClient http = client(tls, version)) {
            HttpResponse<InputStream> response = http.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + proxy.port() + "/events?route=/a"))
                            .header("Accept", "text/event-stream")
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(response.version()).isEqualTo(version);
            // Closed before the client, which would wait for its end.
            try (BufferedReader events =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                awaitLine(events, "event: carillon.open");
                for (int i = 0; i < EVENTS; i++) {
                    HttpResponse<String> broadcast = http.send(
                            HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + proxy.port() + "/broadcast"))
                                    .header("Authorization", "Bearer " + TestCluster.token())
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(
                                            "{\"scopes\":[\"route:/a\"],\"data\":\"event " + i + "\"}"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
                    assertThat(broadcast.statusCode()).as(broadcast.body()).isEqualTo(200);
                    awaitLine(events, "data: event " + i);
                }
            }
        }
    }

    @Test
    void a_session_stays_at_its_node_until_that_is_gone() throws Exception {
        try (TestCluster cluster = new TestCluster("memory:proxied-session", 3, Map.of());
                StickyProxy proxy = StickyProxy.start(config(cluster));
                HttpClient http = HttpClient.newBuilder()
                        .cookieHandler(new CookieManager())
                        .build()) {
            int first = open(http, proxy);
            for (int i = 0; i < 5; i++) {
                assertThat(open(http, proxy)).isEqualTo(first);
            }
            cluster.nodes().get(first).close();

            int second = open(http, proxy);
            assertThat(second).isNotEqualTo(first);
            assertThat(open(http, proxy)).isEqualTo(second);
        }
    }

    /** Opens a stream; at which node it is. */
    private static int open(HttpClient http, StickyProxy proxy) throws Exception {
        HttpResponse<InputStream> response = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + "/events?route=/a"))
                        .header("Accept", "text/event-stream")
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader events =
                new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            awaitLine(events, "event: carillon.open");
            for (int i = 0; i < proxy.nodes().size(); i++) {
                if (proxy.nodes().get(i).open() > 0) {
                    return i;
                }
            }
            throw new AssertionError("no node has the stream");
        } finally {
            org.awaitility.Awaitility.await().until(() -> proxy.nodes().stream().allMatch(node -> node.open() == 0));
        }
    }

    private static void awaitLine(BufferedReader events, String wanted) throws IOException {
        String line = events.readLine();
        while (!wanted.equals(line)) {
            assertThat(line).as("the stream ended before " + wanted).isNotNull();
            line = events.readLine();
        }
    }

    private static ProxyConfig config(TestCluster cluster) {
        return ProxyConfig.of(cluster.nodes().stream()
                        .map(node -> URI.create("http://127.0.0.1:" + node.port()))
                        .toList())
                .withHealth(new ProxyConfig.Health("/_health", Duration.ofMillis(100), Duration.ofSeconds(10), 2));
    }

    private static HttpClient client(TestCertificate tls, HttpClient.Version version) {
        return HttpClient.newBuilder().version(version).sslContext(tls.client()).build();
    }
}
