package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.testkit.TestCertificate;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyConfigTest {
    private static final List<URI> NODES = List.of(URI.create("http://127.0.0.1:8081"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @ParameterizedTest
    @ValueSource(strings = {"http://n1:80", "http://127.0.0.1:65535", "https://n1:8443", "http://[::1]:8081"})
    void urls_of_nodes_are_accepted(String url) {
        assertThat(ProxyConfig.of(ProxyConfig.nodes(List.of(url))).nodes()).containsExactly(URI.create(url));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "n1:80",
                "ftp://n1:80",
                "https://n1:80/",
                "http://n1",
                "http://n1:0",
                "http://n1:65536",
                "http://n1:80/",
                "http://n1:80/a",
                "http://n1:80?q",
                "http://u@n1:80",
                "http://n1:80#f",
                "http://:80",
                "",
                "http://n 1:80"
            })
    void invalid_urls_of_nodes_are_refused(String url) {
        refused("node", () -> ProxyConfig.of(ProxyConfig.nodes(List.of(url))));
    }

    @Test
    void one_to_a_hundred_different_nodes_are_required() {
        refused("node", () -> ProxyConfig.of(List.of()));
        refused("node", () -> ProxyConfig.of(List.of(NODES.getFirst(), NODES.getFirst())));
        List<URI> many = IntStream.rangeClosed(1, 101)
                .mapToObj(i -> URI.create("http://n:" + i))
                .toList();
        refused("node", () -> ProxyConfig.of(many));
        assertThat(ProxyConfig.of(many.subList(0, 100)).nodes()).hasSize(100);
    }

    @Test
    void every_invalid_value_is_named() {
        Duration second = Duration.ofSeconds(1);
        refused("port", () -> new ProxyConfig.Listen("h", 65_536));
        refused("host", () -> new ProxyConfig.Listen(" ", 1));
        refused("health-path", () -> new ProxyConfig.Health("/a b", second, second, 2));
        refused("health-path", () -> new ProxyConfig.Health("/a\r\nX: y", second, second, 2));
        refused("health-interval", () -> new ProxyConfig.Health("/", Duration.ZERO, second, 2));
        refused("health-timeout", () -> new ProxyConfig.Health("/", second, Duration.ofHours(1), 2));
        refused("health-fall", () -> new ProxyConfig.Health("/", second, second, 0));
        refused("connect-timeout", () -> new ProxyConfig.Limits(Duration.ZERO, second, second, 1, 1));
        refused("response-timeout", () -> new ProxyConfig.Limits(second, Duration.ofDays(1), second, 1, 1));
        refused("idle-timeout", () -> new ProxyConfig.Limits(second, second, Duration.ZERO, 1, 1));
        refused("max-requests", () -> new ProxyConfig.Limits(second, second, second, 0, 1));
        refused("max-body-bytes", () -> new ProxyConfig.Limits(second, second, second, 1, -1));
        refused("connections-per-address", () -> ProxyConfig.Limits.DEFAULT.withConnectionsPerAddress(-1));
        refused("streams-per-address", () -> ProxyConfig.Limits.DEFAULT.withStreamsPerAddress(-1));
        refused("trusted-proxies", () -> ProxyConfig.of(NODES).withTrustedProxies(List.of("10.0.0.0/33")));
        refused("trusted-proxies", () -> ProxyConfig.of(NODES).withTrustedProxies(List.of("localhost")));
        refused("embedding", () -> ProxyConfig.of(NODES).withEmbedding(true));
    }

    @Test
    void unusable_tls_files_are_refused_at_the_start() throws Exception {
        TestCertificate rsa = TestCertificate.make(dir, "rsa", "RSA");
        TestCertificate ec = TestCertificate.make(dir, "ec", "EC");
        ProxyConfig config = ProxyConfig.of(List.of(URI.create("http://127.0.0.1:1")));

        refused(
                "tls-key",
                () -> StickyProxy.start(config.withTls(new ProxyConfig.TlsFiles(rsa.certificate(), ec.key()))));
        refused("tls-certificate", () -> StickyProxy.start(config.withTls(new ProxyConfig.TlsFiles(dir, rsa.key()))));
    }

    private static void refused(String option, ThrowingCallable making) {
        assertThatThrownBy(making)
                .isInstanceOf(ProxyConfigException.class)
                .hasMessageStartingWith(option + ": ")
                .hasMessageNotContaining("\n");
    }
}
