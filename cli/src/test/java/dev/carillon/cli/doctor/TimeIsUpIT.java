package dev.carillon.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.cli.doctor.StubServer.Reply;
import dev.carillon.edge.VerifiedTls;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Checks for which no time is left. */
class TimeIsUpIT {
    @Test
    void checks_that_are_left_when_the_time_is_over_are_skipped() throws Exception {
        AtomicLong passed = new AtomicLong();
        try (StubServer server = new StubServer(request -> {
            if (request.path().equals("/position")) {
                passed.set(Duration.ofHours(1).toNanos());
                return Reply.json(200, "{\"cursor\":\"c\"}");
            }
            return Reply.json(200, "{\"status\":\"ok\"}");
        })) {
            Target target = new Target(
                    URI.create(server.url()),
                    Optional.empty(),
                    Optional.of("https://app.example"),
                    VerifiedTls.context(),
                    Duration.ofSeconds(30),
                    Duration.ZERO,
                    "development");
            Platform platform = Platform.system().nanoTime(() -> System.nanoTime() + passed.get());

            List<Finding> findings = new Doctor(target, platform, finding -> {}).run();

            assertThat(findings)
                    .filteredOn(
                            finding -> finding.message().equals("not checked: the time for all checks, 210 s, is over"))
                    .allMatch(finding -> finding.status() == Finding.Status.SKIP)
                    .extracting(Finding::check)
                    .containsExactly("cors", "stream", "compression", "buffering", "nodes", "websocket", "forwarded");
            assertThat(findings).noneMatch(finding -> finding.status() == Finding.Status.FAIL);
        }
    }
}
