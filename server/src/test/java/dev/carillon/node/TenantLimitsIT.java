package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.SseClient;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node refuses what is beyond the limits of a tenant, and nothing of other tenants. */
class TenantLimitsIT {
    private final TestCluster cluster =
            new TestCluster("memory://tenant-limits-node", 1, Map.of("tenant-limits", "acme=2/1/0"));

    @AfterEach
    void stop() {
        cluster.close();
    }

    private HttpResponse<String> broadcast(String tenant) {
        return TestCluster.post(
                cluster.node(0), TestCluster.tokenOf("ann", tenant), "{\"scope\":\"topic:a\",\"data\":\"x\"}");
    }

    @Test
    void broadcasts_beyond_the_rate_are_refused_with_a_delay_and_counted() throws Exception {
        await().until(() -> broadcast("acme").statusCode() == 429);
        await().untilAsserted(() -> {
            HttpResponse<String> refused = broadcast("acme");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("\"code\":\"rate-limited\"");
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        });
        try (RawWebSocket socket = new RawWebSocket(
                cluster.node(0).port(), "/ws", "Authorization: Bearer " + TestCluster.tokenOf("ann", "acme"))) {
            socket.awaitType("open");
            String code = "";
            for (int i = 0; i < 100 && !code.equals("rate-limited"); i++) {
                code = socket.ask("{\"type\":\"broadcast\",\"ref\":" + i + ",\"scope\":\"topic:a\",\"data\":\"x\"}")
                        .path("code")
                        .asText();
            }
            assertThat(code).isEqualTo("rate-limited");
        }
        for (int i = 0; i < 10; i++) {
            assertThat(broadcast("other").statusCode()).isEqualTo(200);
        }
        assertThat(TestCluster.metric(
                        cluster.node(0), "carillon_tenant_refused_total{limit=\"events\",tenant=\"acme\"}"))
                .isPositive();
    }

    @Test
    void a_stream_beyond_the_limit_is_refused_temporarily_until_another_one_ends() {
        Map<String, String> acme = Hub.bearer(TestCluster.tokenOf("ann", "acme"));
        int port = cluster.node(0).port();
        try (SseClient kept = SseClient.open(port, "/events", acme).opened()) {
            try (SseClient ending =
                    SseClient.open(port, "/events?topic=a", acme).opened()) {
                SseClient refused = SseClient.open(port, "/events", acme);
                await().until(refused::hasEnded);
                assertThat(refused.status()).isEqualTo("HTTP/1.1 200 OK");
                assertThat(refused.lastRetry()).isNotNull();
                assertThat(SseClient.open(port, "/events", Map.of()).opened().hasEnded())
                        .isFalse();
                assertThat(ending.hasEnded()).isFalse();
            }
            await().until(() -> {
                try (SseClient next = SseClient.open(port, "/events", acme)) {
                    await().until(() -> next.hasEnded() || !next.all().isEmpty());
                    return next.accepted();
                }
            });
            assertThat(kept.hasEnded()).isFalse();
        }
    }
}
