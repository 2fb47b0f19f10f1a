package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Bytes for a stalled client in the send buffer of the system, which no bound of the node counts. */
class SendBufferIT {
    private static final int SEND_BUFFER = 65_536;
    private static final String DATA = "x".repeat(24 * 1024);
    private static final int EVENTS = 80;

    @Test
    void system_holds_little_of_what_a_stalled_client_does_not_take_and_the_rest_waits_in_the_outbox() {
        Map<String, String> settings = Map.of("send-buffer", "" + SEND_BUFFER, "outbox-max-bytes", "4000000");
        try (TestCluster cluster = new TestCluster("memory://send-buffer", 1, settings);
                StallingClient client = StallingClient.stalling(cluster.node(0).port(), "t")) {
            await().until(client::isOpen);
            for (int i = 0; i < EVENTS; i++) {
                TestCluster.broadcast(cluster.node(0), "{\"scope\":\"topic:t\",\"data\":\"" + i + " " + DATA + "\"}");
            }

            double sent = (double) EVENTS * DATA.length();
            // The system takes twice as much as it is told, for its own affairs; the client's side takes something,
            // too.
            await().untilAsserted(() -> assertThat(sent - TestCluster.metric(cluster.node(0), "carillon_outbox_bytes"))
                    .isBetween(1.0, 5.0 * SEND_BUFFER));
            client.readOn();
            await().until(() -> client.lastNumber() == EVENTS - 1);
            assertThat(client.numbers()).hasSize(EVENTS).isSorted();
        }
    }
}
