package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.SseClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Streams with Content-Encoding: gzip beside plain ones, on two nodes. */
class CompressedStreamIT {
    private static final Map<String, String> GZIP = Map.of("Accept-Encoding", "gzip, deflate, br");

    @Test
    void compressed_and_plain_streams_receive_the_same_order_and_a_resumed_one_continues() {
        try (TestCluster cluster = new TestCluster("memory://compressed", 2, Map.of());
                SseClient plain = SseClient.open(cluster.node(0).port(), "/events?topic=a&topic=b")
                        .opened();
                SseClient zipped = SseClient.open(cluster.node(1).port(), "/events?topic=a&topic=b", GZIP)
                        .opened();
                SseClient onlyB = SseClient.open(cluster.node(1).port(), "/events?topic=b", GZIP)
                        .opened()) {
            assertThat(plain.header("Content-Encoding")).isNull();
            assertThat(plain.header("Vary")).contains("Accept-Encoding");
            assertThat(zipped.header("Content-Encoding")).isEqualTo("gzip");
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                String data = i + (i % 3 == 0 ? " long and dull".repeat(100 * i) : "");
                expected.add(data);
                broadcast(
                        cluster.node(i % 2),
                        "{\"scope\":\"topic:" + (i % 2 == 0 ? "a" : "b") + "\",\"data\":\"" + data + "\"}");
            }
            plain.awaitData(expected.getLast());
            zipped.awaitData(expected.getLast());
            onlyB.awaitData(expected.getLast());

            assertThat(plain.data()).isEqualTo(expected);
            assertThat(zipped.all().stream().skip(1).toList())
                    .isEqualTo(plain.all().stream().skip(1).toList());
            assertThat(onlyB.data()).hasSize(30);
            String tenth = plain.all().get(10).id();
            try (SseClient resumed =
                    SseClient.open(cluster.node(0).port(), "/events?topic=a&topic=b&lastEventID=" + tenth, GZIP)) {
                resumed.awaitData(expected.getLast());
                assertThat(resumed.data()).isEqualTo(expected.subList(10, 60));
            }
        }
    }

    @Test
    void compression_can_be_switched_off() {
        try (TestCluster cluster = new TestCluster("memory://plain", 1, Map.of("compression", "off"));
                SseClient client = SseClient.open(cluster.node(0).port(), "/events?topic=a", GZIP)
                        .opened()) {
            assertThat(client.header("Content-Encoding")).isNull();
            assertThat(client.header("Vary")).isNull();
        }
    }
}
