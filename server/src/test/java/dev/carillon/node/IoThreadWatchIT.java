package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** An application's code that blocks an I/O thread is named. */
class IoThreadWatchIT {
    private static final String BLOCKED = "carillon_io_threads_blocked";

    /** Blocks, which it must not, until the test releases it. */
    private static final class Blocking implements Authorizer {
        private final CountDownLatch go = new CountDownLatch(1);

        @Override
        public CompletionStage<Grants> authorize(@Nullable String token) {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return CompletableFuture.completedFuture(Grants.ANONYMOUS);
        }
    }

    @Test
    void a_handler_that_blocks_an_io_thread_is_named_in_the_log_and_counted() {
        Blocking blocking = new Blocking();
        try (WatchedLog log = new WatchedLog();
                Node node = Node.builder(TestCluster.config("watched", "memory://watched", Map.of("io-threads", "2")))
                        .authorizer(blocking)
                        .start()) {
            assertThat(TestCluster.metric(node, BLOCKED)).isZero();
            Thread asking =
                    Thread.ofVirtual().start(() -> TestCluster.get(node.port(), "/history?scope=topic:a&limit=1"));

            await().until(() -> TestCluster.metric(node, BLOCKED) == 1);
            await().untilAsserted(() -> assertThat(log.pairs())
                    .anySatisfy(line -> assertThat(line)
                            .containsPattern(
                                    "thread=\"[^\"]*I/O-\\d+\" millis=\"\\d{3,}\" handler=\"dev\\.carillon\\.node"
                                            + "\\.IoThreadWatchIT\\$Blocking\\.authorize\\(IoThreadWatchIT\\.java:\\d+\\)\" "
                                            + "in=\"[^\"]*park")));
            blocking.go.countDown();
            await().until(() -> TestCluster.metric(node, BLOCKED) == 0);
            await().until(() -> !asking.isAlive());
            assertThat(TestCluster.metric(node, "carillon_io_thread_lag_seconds_max"))
                    .as("the wait was recorded when it ended")
                    .isGreaterThanOrEqualTo(0.1);
        }
    }
}
