package dev.carillon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Subscriptions to a server whose stream is given; the silence is looked at only when a test says so. */
class SubscriptionIT {
    private static final String OPEN =
            "event: carillon.open\nid: cursor:1\ndata: {\"node\":\"n\",\"context\":\"c\"}\n\n";

    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger streams = new AtomicInteger();
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final WatchTiming timing = new WatchTiming();
    private volatile String stream = OPEN + "data: x\n\n";
    private HttpServer server;

    /** The watching threads pause until a test lets them look. */
    private static final class WatchTiming extends FakeTiming {
        final Semaphore looks = new Semaphore(0);
        final AtomicInteger waits = new AtomicInteger();
        private final ThreadLocal<Boolean> watches = ThreadLocal.withInitial(() -> false);

        @Override
        public void sleep(Duration time) {
            if (watches.get()) {
                waits.incrementAndGet();
                looks.acquireUninterruptibly();
            } else {
                super.sleep(time);
            }
        }

        void pass(Duration time) {
            super.sleep(time);
        }

        @Override
        public Thread thread(String name, Runnable task) {
            return super.thread(name, () -> {
                watches.set(name.equals("carillon-silence"));
                task.run();
            });
        }
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/events", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        end.countDown();
        timing.looks.release(1_000);
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        streams.incrementAndGet();
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(stream.getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exchange.close();
    }

    private CarillonClient client(Supplier<@Nullable String> token) {
        return CarillonClient.builder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .token(token)
                .build(timing);
    }

    private class Listener implements EventListener {
        @Override
        public void event(ReceivedEvent event) {
            seen.add(event.data());
        }

        @Override
        public void failed(ClientException reason) {
            seen.add("failed " + reason.code());
        }

        @Override
        public void ended(ClientException reason) {
            seen.add("ended " + reason.code());
        }
    }

    @Test
    void supplier_of_tokens_that_throws_is_asked_again_after_a_pause() {
        AtomicInteger calls = new AtomicInteger();
        Supplier<@Nullable String> token = () -> {
            if (calls.incrementAndGet() <= 2) {
                throw new IllegalStateException("no token for the moment");
            }
            return "t";
        };
        try (CarillonClient client = client(token)) {
            client.subscribe(Subscribe.topics("a"), new Listener());

            await().untilAsserted(() -> assertThat(seen).containsExactly("failed token", "failed token", "x"));
            assertThat(timing.pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
        }
    }

    @Test
    void stream_is_not_silent_while_its_listener_runs_but_is_when_no_data_come() {
        stream = OPEN + "event: carillon.gap\ndata: {\"reason\":\"lost\"}\n\ndata: x\n\n";
        EventListener listener = new Listener() {
            @Override
            public void gap(Gap gap) {
                await().until(() -> timing.waits.get() == 1);
                timing.pass(Duration.ofMinutes(2));
                timing.looks.release();
                await().until(() -> timing.waits.get() == 2);
                seen.add("loaded");
            }
        };
        try (CarillonClient client = client(() -> null)) {
            client.subscribe(Subscribe.topics("a"), listener);

            await().untilAsserted(() -> assertThat(seen).containsExactly("loaded", "x"));
            assertThat(streams).hasValue(1);

            stream = OPEN;
            await().until(() -> {
                timing.pass(Duration.ofMinutes(2));
                timing.looks.release();
                return streams.get() >= 2;
            });
            assertThat(seen).contains("failed unreachable");
        }
    }
}
