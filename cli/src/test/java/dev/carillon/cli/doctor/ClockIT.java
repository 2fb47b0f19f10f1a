package dev.carillon.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.node.TestCluster;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code doctor} on a machine whose clock is wrong. */
@Tag("full")
class ClockIT {
    @Test
    void difference_of_the_clocks_is_found_and_tokens_are_judged_by_the_clock_of_the_server() throws Exception {
        try (TestCluster cluster = new TestCluster("memory://doctor-clock", 1, Map.of())) {
            String url = "http://127.0.0.1:" + cluster.node(0).port();
            String token = TestCluster.token(
                    List.of("*"),
                    List.of(),
                    b -> b.expiration(Date.from(Instant.now().plusSeconds(3_600))));

            List<Finding> behind = run(url, token, Duration.ofSeconds(-90));
            List<Finding> ahead = run(url, token, Duration.ofHours(2));
            List<Finding> little = run(url, token, Duration.ofSeconds(20));

            assertThat(behind).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo("clock");
                assertThat(finding.status()).isEqualTo(Finding.Status.FAIL);
                assertThat(finding.message())
                        .matches("the server's clock is ([89][0-9]|10[0-9]) s ahead of the clock here");
            });
            assertThat(ahead).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo("token");
                assertThat(finding.status()).isEqualTo(Finding.Status.OK);
                assertThat(finding.message()).matches("accepted, expires in (5[0-9]|60) minutes");
            });
            String brief = TestCluster.token(
                    List.of("*"),
                    List.of(),
                    b -> b.expiration(Date.from(Instant.now().plusSeconds(40))));
            assertThat(run(url, brief, Duration.ZERO)).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo("token");
                assertThat(finding.status()).isEqualTo(Finding.Status.WARN);
                assertThat(finding.message()).startsWith("it expires in ");
            });
            assertThat(little).anySatisfy(finding -> {
                assertThat(finding.check()).isEqualTo("clock");
                assertThat(finding.status()).isEqualTo(Finding.Status.WARN);
                assertThat(finding.advice()).contains("NTP");
            });
        }
    }

    private static List<Finding> run(String url, String token, Duration wrong) throws InterruptedException {
        Target target = new Target(
                URI.create(url),
                Optional.of(token),
                Optional.empty(),
                VerifiedTls.context(),
                Duration.ofSeconds(30),
                Duration.ZERO,
                "development");
        Platform system = Platform.system();
        return new Doctor(target, system.clock(() -> system.clock().instant().plus(wrong)), finding -> {}).run();
    }
}
