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
    private static final int BROADCASTS = 600;

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

            Thread broadcasts = Thread.ofVirtual().start(() -> broadcastAll(sender, received));
            for (int node : List.of(0, 1, 0)) {
                int before = received.events.size();
                await().until(() -> received.events.size() > before + 20);
                nodes.kill(node);
                await().until(() -> received.events.size() > before + 40);
                nodes.start(node);
            }
            broadcasts.join();
            await().until(() -> received.events.size() >= BROADCASTS);

            assertThat(received.events)
                    .containsExactlyElementsOf(
                            IntStream.range(0, BROADCASTS).boxed().toList());
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

    /** Paced by what is received, so that it lasts as long as the faults. */
    private static void broadcastAll(CarillonClient sender, Received received) {
        try {
            for (int i = 0; i < BROADCASTS; i++) {
                int next = i;
                await().until(() -> received.events.size() > next - 20);
                sender.broadcast(Broadcast.to("topic:numbers").data(Integer.toString(i)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
