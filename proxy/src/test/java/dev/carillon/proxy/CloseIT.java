package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CloseIT extends ProxyFixture {
    @Test
    void closing_ends_streams_and_pending_requests_and_leaves_nothing() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            if (request.target().equals("/stream")) {
                TestNode.openStream(socket);
            }
            TestNode.awaitEnd(socket);
        };
        long before = descriptors();
        StickyProxy proxy = StickyProxy.start(config());
        List<RawClient> streams = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            RawClient stream = client(proxy).stream("/stream");
            stream.head();
            streams.add(stream);
        }
        RawClient pending = client(proxy).get("/pending", "");
        await(() -> node.requests.size() == 51);

        long began = System.nanoTime();
        proxy.close();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
        assertThat(streams).allMatch(RawClient::ended);
        assertThat(pending.rest()).doesNotContain(" 200 ");
        streams.forEach(RawClient::close);
        pending.close();
        await(() -> node.connections.isEmpty() && descriptors() <= before + 10);
    }

    @Test
    void closing_does_not_wait_for_a_thread_that_hangs() throws Exception {
        node();
        StickyProxy proxy = StickyProxy.start(config());
        // Whether it is closed or not, in the end nothing is left of it.
        CompletableFuture<Void> released = new CompletableFuture<Void>().completeOnTimeout(null, 20, TimeUnit.SECONDS);
        for (int i = 0; i < 100; i++) {
            proxy.undertow.getWorker().getIoThread().execute(released::join);
        }

        long began = System.nanoTime();
        proxy.close();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
        released.complete(null);
    }
}
