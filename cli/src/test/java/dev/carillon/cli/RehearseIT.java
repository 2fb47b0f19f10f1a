package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.TestCertificate;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rehearsals of a cluster behind the embedded proxy with TLS. */
@Tag("full")
class RehearseIT {
    private static final Map<String, String> TOKEN = Map.of("CARILLON_TOKEN", TestCluster.token());

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void users_stream_and_browse_over_http2_and_nothing_fails() throws Exception {
        TestCertificate tls = TestCertificate.make(dir, "proxy", "EC");
        try (TestCluster cluster = new TestCluster("memory:rehearse", 2, Map.of());
                StickyProxy proxy = proxy(cluster, tls)) {
            CommandRun run = rehearse(proxy, tls, "--users 20 --arrivals 20 --stay 2 --seconds 6 --broadcasts 5");

            assertThat(run.status()).as(run.out() + run.err()).isZero();
            assertThat(run.out())
                    .contains("GOOD: no request failed", ", 0 ended by the cluster, 0 refused for a time, 0 gaps");
            // Route, good, 4xx, 5xx, no answer, HTTP/2: all over HTTP/2.
            Matcher streams = row(run, "GET /events");
            assertThat(Integer.parseInt(streams.group(1))).isGreaterThan(20);
            assertThat(streams.group(5)).isEqualTo(streams.group(1));
            assertThat(Integer.parseInt(row(run, "GET /_health").group(1))).isPositive();
            assertThat(Integer.parseInt(row(run, "POST /broadcast").group(1))).isGreaterThan(10);
            assertThat(run.out()).containsPattern("deliveries: \\d{2,}, p50 ");
        }
    }

    @Test
    void a_cluster_that_stops_is_not_good() throws Exception {
        TestCertificate tls = TestCertificate.make(dir, "proxy", "EC");
        try (TestCluster cluster = new TestCluster("memory:rehearse-stop", 2, Map.of());
                StickyProxy proxy = proxy(cluster, tls)) {
            cluster.nodes().forEach(node -> node.close());

            CommandRun run = rehearse(proxy, tls, "--users 3 --seconds 3");

            assertThat(run.status()).isEqualTo(1);
            assertThat(run.out()).contains("NOT GOOD: ");
            assertThat(Integer.parseInt(row(run, "GET /_health").group(3))).isPositive();
        }
    }

    @Test
    void a_cluster_that_requires_tokens_is_rehearsed_with_one() throws Exception {
        TestCertificate tls = TestCertificate.make(dir, "proxy", "EC");
        try (TestCluster cluster = new TestCluster("memory:rehearse-token", 1, Map.of("anonymous", "false"));
                StickyProxy proxy = proxy(cluster, tls)) {
            CommandRun run = rehearse(proxy, tls, "--users 3 --arrivals 3 --seconds 3");
            CommandRun refused = rehearse(Map.of(), proxy, tls, "--users 3 --arrivals 3 --seconds 2");

            assertThat(run.status()).as(run.out() + run.err()).isZero();
            assertThat(refused.status()).isEqualTo(1);
            assertThat(refused.out()).containsPattern("\nNOT GOOD: no stream opened \\(\\d+ answers 4xx\\)\n");
        }
    }

    @Test
    void a_cluster_that_is_full_is_not_good() throws Exception {
        TestCertificate tls = TestCertificate.make(dir, "proxy", "EC");
        try (TestCluster cluster = new TestCluster("memory:rehearse-full", 1, Map.of("max-connections", "1"));
                StickyProxy proxy = proxy(cluster, tls)) {
            CommandRun run = rehearse(proxy, tls, "--users 3 --arrivals 3 --seconds 3 --requests 0 --broadcasts 0");

            assertThat(run.status()).as(run.out() + run.err()).isEqualTo(1);
            assertThat(run.out())
                    .containsPattern("\nNOT GOOD: (no stream opened; )?\\d+ temporary refusals of streams\n");
        }
    }

    private static CommandRun rehearse(StickyProxy proxy, TestCertificate tls, String options) {
        return rehearse(TOKEN, proxy, tls, options);
    }

    private static CommandRun rehearse(
            Map<String, String> variables, StickyProxy proxy, TestCertificate tls, String options) {
        return CommandRun.of(
                variables,
                "",
                ("bench rehearse --url https://127.0.0.1:" + proxy.port() + " --ca " + tls.certificate() + " "
                                + options)
                        .split(" "));
    }

    /** Five numbers of a route. */
    private static Matcher row(CommandRun run, String route) {
        Matcher row = Pattern.compile("(?m)^" + route + " +(\\d+) +(\\d+) +(\\d+) +(\\d+) +(\\d+) ")
                .matcher(run.out());
        assertThat(row.find()).as(run.out()).isTrue();
        return row;
    }

    private static StickyProxy proxy(TestCluster cluster, TestCertificate tls) throws InterruptedException {
        return StickyProxy.start(ProxyConfig.of(cluster.nodes().stream()
                        .map(node -> URI.create("http://127.0.0.1:" + node.port()))
                        .toList())
                .withTls(new ProxyConfig.TlsFiles(tls.certificate(), tls.key())));
    }
}
