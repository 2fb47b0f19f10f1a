package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.RedisClusterServers;
import dev.carillon.process.RedisServer;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.SseClient;
import io.lettuce.core.cluster.SlotHash;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two nodes on a Redis Cluster of three primaries, one of which is killed under traffic; it fails over when the test allows. */
@Tag("full")
@Tag("redis")
class PrimaryOutageIT {
    private static final int PRIMARIES = 3;
    private static final int SYSTEM = primary(Tenant.SYSTEM.name());
    private static final String BROKEN = tenant(primary -> primary == (SYSTEM + 1) % PRIMARIES);
    private static final String WELL = tenant(primary -> primary == (SYSTEM + 2) % PRIMARIES);
    private static final int SLOT = SlotHash.getSlot(BROKEN);
    private static final int EVENTS = 50;

    private final RedisClusterServers servers = new RedisClusterServers(PRIMARIES, true);
    private final TestCluster nodes;
    private final List<SseClient> clients = new ArrayList<>();

    PrimaryOutageIT() {
        servers.configure("cluster-require-full-coverage", "no");
        servers.configure("cluster-replica-no-failover", "yes");
        nodes = new TestCluster(servers.address(), 2, Map.of("redis-replicas", "1"));
    }

    @AfterEach
    void stop() {
        clients.forEach(SseClient::close);
        nodes.close();
        servers.close();
    }

    @Test
    void tenants_of_other_primaries_receive_every_event_during_the_outage_and_its_own_receive_all_after_it()
            throws InterruptedException {
        SseClient well = client(WELL);
        SseClient broken = client(BROKEN);
        Thread broadcaster = Thread.startVirtualThread(() -> broadcastAll(BROKEN));
        broken.awaitData("5");
        RedisServer killed = servers.kill(SLOT);
        await().until(() -> health(nodes.node(0).port()).contains("\"unavailableTenants\":1"));

        broadcastAll(WELL);
        well.awaitData(Integer.toString(EVENTS - 1));

        assertThat(servers.primaryOf(SLOT)).as("no server was promoted yet").isSameAs(killed);
        assertThat(broken.data()).doesNotContain(Integer.toString(EVENTS - 1));
        assertThat(well.data()).isEqualTo(numbers());
        assertThat(statuses(well)).isEmpty();
        assertThat(statuses(broken)).containsExactly("{\"broker\":\"unavailable\"}");
        String address = "127.0.0.1:" + killed.port();
        assertThat(health(nodes.node(0).port())).contains("\"degraded\"").doesNotContain(address);
        assertThat(TestCluster.get(nodes.node(0).adminPort(), "/health").body())
                .contains("\"unavailableServers\":[\"" + address + "\"]");

        servers.configure("cluster-replica-no-failover", "no");
        servers.awaitPromotion(SLOT, killed);
        killed.start();
        broken.awaitData(Integer.toString(EVENTS - 1));
        broadcaster.join();
        // An event that was not acknowledged may come again.
        assertThat(broken.data().stream().distinct().toList()).isEqualTo(numbers());
        await().until(() -> health(nodes.node(0).port()).contains("\"ok\""));
        assertThat(statuses(broken)).endsWith("{\"broker\":\"connected\"}");
        assertThat(statuses(well)).isEmpty();
    }

    private SseClient client(String tenant) {
        SseClient client = SseClient.open(
                        nodes.node(0).port(),
                        "/events?topic=a",
                        Map.of("Authorization", "Bearer " + TestCluster.tokenOf("u", tenant)))
                .opened();
        clients.add(client);
        return client;
    }

    /** Repeats each event until it is acknowledged. */
    private void broadcastAll(String tenant) {
        String token = TestCluster.tokenOf("u", tenant);
        for (String number : numbers()) {
            String event =
                    "{\"scope\":\"topic:a\",\"data\":\"" + number + "\",\"id\":\"" + tenant + "-" + number + "\"}";
            await().until(() -> {
                HttpResponse<String> answer = TestCluster.post(nodes.node(1), token, event);
                assertThat(answer.statusCode()).as(answer.body()).isIn(200, 503);
                return answer.statusCode() == 200;
            });
        }
    }

    private static String health(int port) {
        return TestCluster.get(port, "/_health").body();
    }

    private static List<String> statuses(SseClient client) {
        return client.all().stream()
                .filter(event -> "carillon.status".equals(event.type()))
                .map(SseClient.Received::data)
                .toList();
    }

    private static List<String> numbers() {
        return IntStream.range(0, EVENTS).mapToObj(Integer::toString).toList();
    }

    private static int primary(String tenant) {
        return SlotHash.getSlot(tenant) * PRIMARIES / SlotHash.SLOT_COUNT;
    }

    private static String tenant(IntPredicate ofPrimary) {
        return IntStream.range(0, 1_000)
                .mapToObj(i -> "t" + i)
                .filter(name -> ofPrimary.test(primary(name)))
                .findFirst()
                .orElseThrow();
    }
}
