package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code doctor} at a healthy cluster, and with a token and an origin that are wrong. */
class DoctorIT {
    @Test
    void cluster_behind_the_proxy_passes_and_a_wrong_token_and_origin_fail() throws Exception {
        try (TestCluster cluster = new TestCluster("memory://doctor", 2, Map.of("trusted-proxies", "127.0.0.1"));
                StickyProxy proxy = StickyProxy.start(ProxyConfig.of(cluster.nodes().stream()
                                .map(node -> URI.create("http://127.0.0.1:" + node.port()))
                                .toList())
                        .withListen(new ProxyConfig.Listen("127.0.0.1", 0)))) {
            String url = "http://127.0.0.1:" + proxy.port();
            String token = TestCluster.token();

            CommandRun well = CommandRun.of(
                    Map.of("CARILLON_TOKEN", token), "", "doctor", "--url", url, "--idle", "0", "--timeout", "30");

            assertThat(well.out().lines().map(line -> line.replaceAll(" +", " ")))
                    .as(well.out())
                    .anyMatch(line -> line.startsWith("ok stream opened over HTTP/1.1 at node n"))
                    // A busy machine may be late.
                    .anyMatch(line -> line.matches("(ok|warn) buffering a broadcast had reached all 5 streams .*"))
                    .anyMatch(
                            line -> line.startsWith("ok nodes the nodes n1-") && line.endsWith("belong to one cluster"))
                    .anyMatch(line -> line.startsWith("ok sticky the cookie carillon_node keeps a browser"))
                    .anyMatch(line -> line.startsWith("ok forwarded "))
                    .allMatch(line -> line.startsWith("ok ")
                            || line.startsWith("skip http2 ")
                            || line.startsWith("skip cors ")
                            // It waits for seconds: DoctorFaultsIT.
                            || line.startsWith("skip idle ")
                            || line.startsWith("warn buffering ")
                            // A busy machine may be late to renew the header Date.
                            || line.startsWith("warn clock "));
            assertThat(well.status()).isZero();

            String old = TestCluster.token(
                    List.of("*"),
                    List.of(),
                    b -> b.expiration(Date.from(Instant.now().minus(Duration.ofMinutes(5)))));
            CommandRun ill = CommandRun.of(
                    Map.of("CARILLON_TOKEN", old),
                    "",
                    "doctor",
                    "--url",
                    url,
                    "--origin",
                    "https://other.example",
                    "--json");

            assertThat(ill.out())
                    .contains("{\"url\":\"" + url
                            + "\",\"ok\":false,\"checks\":[{\"check\":\"address\",\"status\":\"ok\"")
                    .contains("\"check\":\"token\",\"status\":\"fail\",\"message\":\"it has expired ")
                    .contains("\"check\":\"cors\",\"status\":\"fail\"")
                    .contains("add https://other.example to cors-origins")
                    .doesNotContain(old);
            assertThat(ill.status()).isEqualTo(1);
        }
    }
}
