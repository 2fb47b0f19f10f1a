package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.carillon.client.CarillonClient;
import dev.carillon.client.ClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server that answers as a busy node; the pauses pass at once. */
class HistoryReadsTest {
    private static final String ANSWER = "{\"events\":[],\"last\":\"cursor:1\",\"more\":false,\"gap\":false}";

    private final Queue<Duration> pauses = new ConcurrentLinkedQueue<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger refusals = new AtomicInteger();
    private final CountDownLatch answer = new CountDownLatch(1);
    private HttpServer server;
    private CarillonClient client;
    private HistoryReads reads;

    private final EmitterRuntime runtime = new EmitterRuntime() {
        @Override
        public void start(String name, Runnable task) {
            throw new AssertionError("not in this test");
        }

        @Override
        public void sleep(Duration duration) {
            pauses.add(duration);
        }

        @Override
        public Duration between(Duration least, Duration most) {
            return least;
        }
    };

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            boolean refused = refusals.getAndDecrement() > 0;
            byte[] body = (refused ? "{}" : ANSWER).getBytes(StandardCharsets.UTF_8);
            if (refused) {
                exchange.getResponseHeaders().add("Retry-After", "2");
            } else {
                try {
                    answer.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            exchange.sendResponseHeaders(refused ? 429 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        client = CarillonClient.builder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .build();
        reads = new HistoryReads(client, runtime);
    }

    @AfterEach
    void stop() {
        answer.countDown();
        client.close();
        server.stop(0);
    }

    @Test
    void read_that_a_busy_node_refuses_is_repeated_after_the_pause_that_it_asks_for() throws Exception {
        answer.countDown();
        refusals.set(2);

        assertThat(reads.page(List.of("topic:a"), "").last()).isEqualTo("cursor:1");
        assertThat(pauses).containsExactly(Duration.ofSeconds(2), Duration.ofSeconds(2));
    }

    @Test
    void node_that_stays_busy_ends_the_attempts() {
        refusals.set(100);

        assertThat(catchThrowableOfType(ClientException.class, () -> reads.page(List.of("topic:a"), ""))
                        .status())
                .isEqualTo(429);
        assertThat(requests).hasValue(HistoryReads.MAX_ATTEMPTS);
    }

    @Test
    void reads_at_the_same_time_have_at_most_100_scopes() throws Exception {
        List<String> scopes = Collections.nCopies(40, "topic:a");
        List<Thread> readers = Collections.nCopies(5, scopes).stream()
                .map(each -> Thread.startVirtualThread(() -> {
                    try {
                        assertThat(reads.page(each, "").more()).isFalse();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }))
                .toList();

        await().until(() -> requests.get() == 2);
        await().until(() -> readers.stream()
                        .filter(x -> x.getState() == Thread.State.WAITING)
                        .count()
                >= 3);
        assertThat(requests).hasValue(2);
        answer.countDown();
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(requests).hasValue(5);
    }
}
