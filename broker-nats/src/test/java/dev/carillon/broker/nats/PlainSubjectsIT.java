package dev.carillon.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Patience;
import io.nats.client.Connection;
import io.nats.client.Nats;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The reason why every event passes through the log: two subscribers of plain subjects share no order. */
@SuppressWarnings("try") // jnats connections throw InterruptedException from close
@Tag("nats")
class PlainSubjectsIT {
    private static final int BROADCASTERS = 4;
    private static final int EACH = 5_000;
    private static final int MAX_ROUNDS = 20;

    @Test
    void two_subscribers_of_plain_subjects_see_different_orders() throws Exception {
        try (TestServer server = Servers.nats()) {
            int differing = 0;
            int rounds = 0;
            while (differing == 0 && rounds < MAX_ROUNDS) {
                differing = differing(server.address(), "plain." + rounds++);
            }
            assertThat(differing)
                    .as("places of %d where the orders differ, in round %d", BROADCASTERS * EACH, rounds)
                    .isPositive();
        }
    }

    private static int differing(String address, String subject) throws Exception {
        try (Connection one = Nats.connect(address);
                Connection two = Nats.connect(address)) {
            List<String> first = record(one, subject);
            List<String> second = record(two, subject);
            List<Thread> broadcasters = new ArrayList<>();
            CyclicBarrier together = new CyclicBarrier(BROADCASTERS);
            for (int b = 0; b < BROADCASTERS; b++) {
                int number = b;
                broadcasters.add(Thread.ofPlatform().start(() -> send(address, subject, number, together)));
            }
            for (Thread broadcaster : broadcasters) {
                broadcaster.join();
            }
            await().until(() -> first.size() == BROADCASTERS * EACH && second.size() == BROADCASTERS * EACH);
            List<String> a = List.copyOf(first);
            List<String> b = List.copyOf(second);
            return (int) IntStream.range(0, a.size())
                    .filter(i -> !a.get(i).equals(b.get(i)))
                    .count();
        }
    }

    private static List<String> record(Connection connection, String subject) throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        connection
                .createDispatcher(m -> seen.add(new String(m.getData(), StandardCharsets.UTF_8)))
                .subscribe(subject);
        connection.flush(Patience.LIMIT);
        return seen;
    }

    private static void send(String address, String subject, int number, CyclicBarrier together) {
        try (Connection connection = Nats.connect(address)) {
            together.await();
            for (int i = 0; i < EACH; i++) {
                connection.publish(subject, (number + "-" + i).getBytes(StandardCharsets.UTF_8));
            }
            connection.flush(Patience.LIMIT);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
