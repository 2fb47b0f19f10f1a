package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.containers.Servers;
import dev.carillon.node.Hub;
import dev.carillon.node.TestCluster;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code carillon why} says of events that a client missed because its node was killed, and then the broker lost its data. */
@Tag("full")
@Tag("process")
@Tag("redis")
@Tag("nats")
class WhyUnderFaultsIT {
    /** The broker of a run. */
    enum Broker {
        REDIS {
            @Override
            TestServer start() {
                return Servers.redis();
            }
        },
        NATS {
            @Override
            TestServer start() {
                return Servers.nats();
            }
        };

        abstract TestServer start();
    }

    private static void broadcast(URI node, String id, String data) {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(node.resolve("/broadcast"))
                .header("Authorization", "Bearer " + TestCluster.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"id\":\"" + id + "\",\"scope\":\"topic:orders\",\"data\":\"" + data + "\"}"))
                .build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private static SseClient ann(URI node, String lastId) {
        Map<String, String> headers = new HashMap<>(Hub.bearer(TestCluster.tokenOf("ann", "default")));
        if (!lastId.isEmpty()) {
            headers.put("Last-Event-ID", lastId);
        }
        return SseClient.open(node.getPort(), "/events?topic=orders", headers).opened();
    }

    private static String lastId(SseClient client) {
        return client.all().stream()
                .map(SseClient.Received::id)
                .filter(id -> id != null)
                .reduce((_, later) -> later)
                .orElseThrow();
    }

    private static JsonNode why(URI admin, String id) throws IOException {
        CommandRun run = CommandRun.of(
                Map.of("CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR),
                "",
                "why",
                "--url",
                admin.toString(),
                "--event",
                id,
                "--user",
                "ann",
                "--json");
        if (run.out().isEmpty()) {
            throw new AssertionError(run.err());
        }
        return JsonMapper.builder().build().readTree(run.out());
    }

    private static void is(String verdict, URI admin, String id) {
        await().untilAsserted(() -> assertThat(
                        why(admin, id).path("client").path("verdict").asText())
                .isEqualTo(verdict));
    }

    @ParameterizedTest
    @EnumSource
    void events_missed_by_a_killed_node_and_an_emptied_broker_are_explained(Broker broker) {
        try (TestServer server = broker.start();
                NodeProcesses nodes = new NodeProcesses(
                        3, server.address(), Map.of("CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR))) {
            List<URI> at = nodes.addresses();
            URI admin = nodes.adminAddress(0);
            String seen;
            try (SseClient ann = ann(at.get(1), "")) {
                broadcast(at.get(0), "before", "1");
                ann.awaitData("1");
                is("written", admin, "before");

                nodes.kill(1);
                broadcast(at.get(0), "away", "2");
                seen = lastId(ann);
            }
            // The node that knew the client is gone, and with it what it knew.
            is("unknown-client", admin, "away");

            try (SseClient ann = ann(at.get(2), seen)) {
                ann.awaitData("2");
                is("replayed", admin, "away");
                broadcast(at.get(0), "after", "3");
                ann.awaitData("3");
                is("written", admin, "after");
                seen = lastId(ann);
            }

            // Else the event may be queued for the connection that ends.
            await().until(() -> nodes.streams() == 0);
            broadcast(at.get(0), "forgotten", "4");
            is("not-connected", admin, "forgotten");
            server.restart(TestServer.Data.LOST);
            await().ignoreExceptions().untilAsserted(() -> broadcast(at.get(0), "new-epoch", "5"));
            try (SseClient ann = ann(at.get(2), seen)) {
                await().until(() -> ann.all().stream().anyMatch(e -> "carillon.gap".equals(e.type())));
                is("gap-told", admin, "forgotten");
                broadcast(at.get(0), "live", "6");
                ann.awaitData("6");
                is("written", admin, "live");
            }
        }
    }
}
