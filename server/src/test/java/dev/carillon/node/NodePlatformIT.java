package dev.carillon.node;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.PatientOptions;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;

class NodePlatformIT {
    private static final String BROKER = "memory://node-platform-it";

    @Test
    void node_and_its_broker_run_by_the_clock_and_the_threads_that_are_given() {
        Platform real = Platform.system();
        NamedThreads threads = new NamedThreads(real.threads(), ConcurrentHashMap.newKeySet());
        Platform platform = new Platform(
                () -> Instant.ofEpochMilli(4_000),
                real.nanoTime(),
                real.random(),
                real.secureRandom(),
                real.timer(),
                threads);
        NodeConfig config = TestCluster.config("given", BROKER, Map.of());
        try (Node node = Node.builder(config).platform(platform).start();
                Broker other = Brokers.open(BROKER, PatientOptions.of("other"))) {
            Event event = Event.to(Scope.topic("news")).data("now").build();

            assertThat(get(other.channel().broadcast(event, Idempotency.BY_ID))
                            .at()
                            .atMillis())
                    .isEqualTo(4_000);
            assertThat(TestCluster.send(
                                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/_health"))
                                            .build())
                            .headers()
                            .allValues("Date"))
                    .containsExactly("Thu, 01 Jan 1970 00:00:04 GMT");
        }
        assertThat(threads.names()).contains("carillon-timer-given", "carillon-memory-broker", "carillon-http-stop");
    }

    /** Those of the process, with the names by which they were asked for. */
    private record NamedThreads(Threads real, Set<String> names) implements Threads {
        @Override
        public Thread blocking(String name, Runnable task) {
            names.add(name);
            return real.blocking(name, task);
        }

        @Override
        public ExecutorService newQueue(String name, int maxWaiting) {
            names.add(name);
            return real.newQueue(name, maxWaiting);
        }

        @Override
        public ScheduledExecutorService newTimer(String name) {
            names.add(name);
            return real.newTimer(name);
        }

        @Override
        public void pause(Duration length) {
            real.pause(length);
        }
    }
}
