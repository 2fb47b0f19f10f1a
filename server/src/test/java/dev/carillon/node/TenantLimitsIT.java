package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.testkit.SseClient;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node refuses what is beyond the limits of a tenant, and nothing of other tenants. */
class TenantLimitsIT {
    private final TestCluster cluster =
            new TestCluster("memory://tenant-limits-node", 1, Map.of("tenant-limits", "acme=2/1/0,bytes=0/0/1000"));

    @AfterEach
    void stop() {
        cluster.close();
    }

    private HttpResponse<String> broadcast(String tenant) {
        return broadcast(tenant, "x");
    }

    private HttpResponse<String> broadcast(String tenant, String data) {
        return TestCluster.post(
                cluster.node(0),
                TestCluster.tokenOf("ann", tenant),
                "{\"scope\":\"topic:a\",\"data\":\"" + data + "\"}");
    }

    private double refused(String limit, String tenant) {
        return TestCluster.metric(
                cluster.node(0), "carillon_tenant_refused_total{limit=\"" + limit + "\",tenant=\"" + tenant + "\"}");
    }

    private static void assertRateLimited(HttpResponse<String> refused) {
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).contains("\"code\":\"rate-limited\"");
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    }

    @Test
    void broadcasts_beyond_the_rate_are_refused_with_a_delay_and_counted() throws Exception {
        await().until(() -> broadcast("acme").statusCode() == 429);
        await().untilAsserted(() -> assertRateLimited(broadcast("acme")));
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
        assertThat(refused("events", "acme")).isPositive();
    }

    /** A large event is accepted while anything is left; smaller ones wait until what it took too much is there again. */
    @Test
    void bytes_beyond_the_limit_are_refused_also_in_small_events() {
        await().until(() -> broadcast("bytes", "x".repeat(60_000)).statusCode() == 200);

        assertRateLimited(broadcast("bytes"));
        assertThat(broadcast("bytes").body()).contains("bytes per second");
        assertThat(refused("bytes", "bytes")).isEqualTo(2);
        assertThat(refused("events", "bytes")).isZero();
        assertThat(broadcast("other", "x".repeat(60_000)).statusCode()).isEqualTo(200);
    }

    @Test
    void updates_at_the_hub_beyond_the_rate_are_refused_like_broadcasts() {
        String acme = Jwts.builder()
                .claim("mercure", Map.of("publish", List.of("*")))
                .claim("carillon", Map.of("tenant", "acme"))
                .signWith(Keys.hmacShaKeyFor(TestCluster.KEY.getBytes(StandardCharsets.UTF_8)))
                .compact();
        await().until(() -> publish(acme).statusCode() == 429);
        await().untilAsserted(() -> assertRateLimited(publish(acme)));
        // Together with those at the other endpoint.
        await().untilAsserted(() -> {
            publish(acme);
            assertThat(broadcast("acme").statusCode()).isEqualTo(429);
        });
        for (int i = 0; i < 10; i++) {
            assertThat(publish(Hub.token(List.of("*"), List.of())).statusCode()).isEqualTo(200);
        }
    }

    private HttpResponse<String> publish(String token) {
        return Hub.post(cluster.node(0), token, "topic", "https://example.com/a", "data", "x");
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
