package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Patience;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class CloseIT extends ProxyFixture {
    @Test
    @Tag("own-jvm")
    void close_ends_streams_and_pending_requests_and_leaves_no_state() throws Exception {
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

        proxy.close();
        assertThat(streams).allMatch(RawClient::ended);
        assertThat(pending.rest()).doesNotContain(" 200 ");
        streams.forEach(RawClient::close);
        pending.close();
        await(() -> node.connections.isEmpty() && descriptors() <= before + 10);
    }

    @Test
    void close_does_not_wait_for_a_blocked_thread() throws Exception {
        node();
        StickyProxy proxy = StickyProxy.start(config());
        CompletableFuture<Void> released = new CompletableFuture<>();
        for (int i = 0; i < 100; i++) {
            proxy.undertow.getWorker().getIoThread().execute(released::join);
        }

        Thread closing = Thread.ofPlatform().start(proxy::close);
        try {
            assertThat(closing.join(Patience.LIMIT)).isTrue();
        } finally {
            // It may or may not be closed already.
            released.complete(null);
        }
    }
}
