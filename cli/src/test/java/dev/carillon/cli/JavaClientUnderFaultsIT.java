package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.client.Broadcast;
import dev.carillon.client.CarillonClient;
import dev.carillon.client.ClientException;
import dev.carillon.client.EventListener;
import dev.carillon.client.Gap;
import dev.carillon.client.ReceivedEvent;
import dev.carillon.client.Subscribe;
import dev.carillon.client.Subscription;
import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.TestServer;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The Java client while nodes are killed, one after the other. */
@Tag("full")
@Tag("process")
@Tag("redis")
class JavaClientUnderFaultsIT {
    private volatile boolean faultsAreOver;

    private static final class Received implements EventListener {
        private final ConcurrentLinkedQueue<Integer> events = new ConcurrentLinkedQueue<>();
        private final ConcurrentLinkedQueue<String> gaps = new ConcurrentLinkedQueue<>();
        private final AtomicInteger opened = new AtomicInteger();

        @Override
        public void event(ReceivedEvent event) {
            events.add(Integer.valueOf(event.data()));
        }

        @Override
        public void gap(Gap gap) {
            gaps.add(gap.reason());
        }

        @Override
        public void opened(String node) {
            opened.incrementAndGet();
        }

        @Override
        public void ended(ClientException reason) {
            gaps.add(reason.getMessage());
        }
    }

    @Test
    void every_broadcast_is_delivered_once_and_in_order_while_nodes_are_killed() throws Exception {
        try (TestServer redis = Servers.redis();
                NodeProcesses nodes = new NodeProcesses(2, redis.address(), Map.of());
                CarillonClient sender = client(nodes);
                CarillonClient receiver = client(nodes)) {
            Received received = new Received();
            Subscription subscription = receiver.subscribe(Subscribe.topics("numbers"), received);
            await().until(() -> received.opened.get() > 0);

            CompletableFuture<Integer> sent = CompletableFuture.supplyAsync(() -> broadcastAll(sender, received));
            for (int node : List.of(0, 1, 0)) {
                awaitMore(received, sent);
                nodes.kill(node);
                awaitMore(received, sent);
                nodes.start(node);
            }
            faultsAreOver = true;
            int count = sent.join();
            await().until(() -> received.events.size() >= count);

            assertThat(received.events)
                    .containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
            assertThat(received.gaps).isEmpty();
            assertThat(received.opened).hasValueGreaterThan(1);
            subscription.close();
        }
    }

    private static CarillonClient client(NodeProcesses nodes) {
        return CarillonClient.builder(nodes.addresses().toArray(new URI[0]))
                .token(TestCluster::token)
                .build();
    }

    private static void awaitMore(Received received, CompletableFuture<Integer> sent) {
        int before = received.events.size();
        await().until(() -> received.events.size() > before + 50 || sent.isCompletedExceptionally());
        assertThat(sent).isNotCompletedExceptionally();
    }

    /** Paced by what is received; returns the number of broadcasts. */
    private int broadcastAll(CarillonClient sender, Received received) {
        int sent = 0;
        try {
            for (; !faultsAreOver; sent++) {
                int next = sent;
                await().until(() -> received.events.size() > next - 20);
                sender.broadcast(Broadcast.to("topic:numbers").data(Integer.toString(sent)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return sent;
    }
}
