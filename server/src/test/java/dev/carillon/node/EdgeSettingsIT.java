package dev.carillon.node;

import static dev.carillon.node.TestCluster.send;
import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What settings do at the edge of a node: cookies, secrets that are replaced, proxies. */
class EdgeSettingsIT {
    private static String cookie(SseClient client) {
        String header = String.valueOf(client.header("Set-Cookie"));
        return header.substring(0, header.indexOf(';'));
    }

    @Test
    void secure_cookie_is_for_https_and_this_host_alone() {
        try (TestCluster cluster = new TestCluster("memory://secure-cookie", 1, Map.of("secure-cookie", "true"));
                SseClient client = SseClient.open(cluster.node(0).port(), "/events")) {
            assertThat(client.header("Set-Cookie"))
                    .startsWith("__Host-carillon_session=")
                    .contains("; Secure")
                    .contains("; HttpOnly")
                    .contains("; SameSite=Lax")
                    .contains("; Path=/");
        }
    }

    @Test
    void secret_is_replaced_without_losing_a_session() {
        Map<String, String> before = Map.of("secret", "the secret before it was replaced");
        Map<String, String> after = Map.of("secret", "the secret that replaced it,the secret before it was replaced");
        Map<String, String> unrelated = Map.of("secret", "a secret of somebody else");
        try (TestCluster old = new TestCluster("memory://secret-old", 1, before);
                TestCluster fresh = new TestCluster("memory://secret-new", 1, after);
                TestCluster other = new TestCluster("memory://secret-other", 1, unrelated);
                SseClient first = SseClient.open(old.node(0).port(), "/events").opened();
                SseClient second = SseClient.open(fresh.node(0).port(), "/events", Map.of("Cookie", cookie(first)))
                        .opened();
                SseClient third = SseClient.open(other.node(0).port(), "/events", Map.of("Cookie", cookie(first)))
                        .opened()) {
            assertThat(second.opening("session")).isEqualTo(first.opening("session"));
            assertThat(third.opening("session")).isNotEqualTo(first.opening("session"));
        }
    }

    @Test
    void forwarded_headers_count_only_from_trusted_proxies() {
        try (TestCluster trusting =
                        new TestCluster("memory://trusting", 1, Map.of("trusted-proxies", "10.0.0.0/8,127.0.0.0/8"));
                TestCluster wary = new TestCluster("memory://wary", 1, Map.of("trusted-proxies", "10.0.0.0/8"))) {
            assertThat(behindProxy(trusting.node(0))).isEqualTo(200);
            assertThat(behindProxy(wary.node(0))).isEqualTo(403);
        }
    }

    /** A page of the public site broadcasts with its cookie, through a proxy that forwards scheme and host. */
    private static int behindProxy(Node node) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                        .header("Cookie", "carillon_authorization=" + token())
                        .header("Content-Type", "application/json")
                        .header("Origin", "https://public.example")
                        .header("X-Forwarded-Proto", "https")
                        .header("X-Forwarded-Host", "public.example")
                        .header("X-Forwarded-For", "203.0.113.7")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"global\",\"data\":\"x\"}"))
                        .build())
                .statusCode();
    }
}
