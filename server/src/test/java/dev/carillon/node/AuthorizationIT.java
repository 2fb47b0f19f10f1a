package dev.carillon.node;

import static dev.carillon.node.TestCluster.post;
import static dev.carillon.node.TestCluster.send;
import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Extension;
import dev.carillon.extension.Response;
import dev.carillon.testkit.SseClient;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request without a token, or with one that does not suffice, is answered; and nodes without a key. */
class AuthorizationIT {
    private static final String EVENT = "{\"scope\":\"global\",\"data\":\"x\"}";
    private static final String MISSING = "Bearer realm=\"carillon\"";
    private static final String PUBLISHER_KEY = "!ChangeThisMercureHubJWTSecretKey!";
    private static final String HUB = "/.well-known/mercure";

    /** An application's route that needs a grant. */
    private static final Extension BELL = services -> {
        services.get("/bell", request -> {
            if (request.grants().broadcast().isEmpty()) {
                throw new CarillonException(ErrorCode.NOT_GRANTED, "the token does not grant the bell");
            }
            return Response.text("rung");
        });
        return () -> {};
    };

    private static HttpResponse<String> broadcast(Node node, String type, String body) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private static HttpResponse<String> get(Node node, String target, String token) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + target))
                .header("Authorization", "Bearer " + token)
                .build());
    }

    private static void assertRefused(HttpResponse<String> response, int status, String code, String challenge) {
        assertThat(response.body()).contains("\"code\":\"" + code + "\"");
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("WWW-Authenticate")).hasValue(challenge);
    }

    @Test
    void a_request_without_a_token_that_needs_a_grant_is_401_though_anonymous_clients_may_listen() {
        try (TestCluster cluster =
                new TestCluster("memory://no-token", 1, Map.of("mercure-subscriptions", "true"), BELL)) {
            Node node = cluster.node(0);

            assertRefused(broadcast(node, "application/json", EVENT), 401, "token-missing", MISSING);
            // Before anything else is looked at.
            assertRefused(broadcast(node, "text/plain", "x"), 401, "token-missing", MISSING);
            for (String target : List.of(
                    "/history?scope=user:ann",
                    "/history?scope=tab:a",
                    "/history?scope=session:b",
                    HUB + "/subscriptions",
                    "/bell")) {
                assertRefused(TestCluster.get(node.port(), target), 401, "token-missing", MISSING);
            }
            assertRefused(Hub.post(node, Map.of(), "topic=a"), 401, "token-missing", MISSING);
            assertThat(TestCluster.get(node.port(), "/history?scope=topic:a").statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void a_token_that_does_not_suffice_is_403_and_a_bad_one_401_by_rfc_6750() {
        try (TestCluster cluster = new TestCluster("memory://few-grants", 1, Map.of(), BELL)) {
            Node node = cluster.node(0);
            String few = token(List.of(), List.of(), b -> b);
            String insufficient = "Bearer realm=\"carillon\", error=\"insufficient_scope\"";

            assertRefused(post(node, few, EVENT), 403, "not-granted", insufficient);
            assertRefused(
                    post(node, token(List.of("topic:a"), List.of(), b -> b), EVENT), 403, "not-granted", insufficient);
            assertRefused(get(node, "/history?scope=user:ann", few), 403, "not-granted", insufficient);
            assertRefused(get(node, "/bell", few), 403, "not-granted", insufficient);
            assertRefused(
                    post(node, "x.y.z", EVENT),
                    401,
                    "token-invalid",
                    "Bearer realm=\"carillon\", error=\"invalid_token\"");
            assertThat(get(node, "/bell", token()).body()).isEqualTo("rung");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/events?topic=a", HUB + "?topic=a"})
    void a_stream_ends_with_its_token_and_cannot_be_opened_with_it_again(String target) {
        try (TestCluster cluster = new TestCluster("memory://token-ends", 1, Map.of("anonymous", "false"))) {
            Node node = cluster.node(0);
            Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond() + 3);
            String token = token(List.of(), List.of(), b -> b.expiration(Date.from(end)));

            try (SseClient client = SseClient.open(node.port(), target, Hub.bearer(token))) {
                await().until(() -> !client.status().isEmpty());
                assertThat(client.status()).isEqualTo("HTTP/1.1 200 OK");
                await().until(client::hasEnded);
            }
            assertThat(Instant.now()).isAfterOrEqualTo(end);
            assertRefused(
                    get(node, target, token),
                    401,
                    "token-expired",
                    "Bearer realm=\"carillon\", error=\"invalid_token\"");
        }
    }

    @Test
    void a_hub_starts_with_a_publishers_key_alone_where_subscribers_are_anonymous() {
        Map<String, String> settings =
                new HashMap<>(Map.of("jwt-key", "", "anonymous", "false", "mercure-publisher-key", PUBLISHER_KEY));
        assertThatThrownBy(() -> TestCluster.config("n", "memory://hub-alone", settings))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("jwt-key: (none): must be given");

        settings.put("mercure-anonymous", "true");
        try (TestCluster cluster = new TestCluster("memory://hub-alone", 1, settings)) {
            Node node = cluster.node(0);
            String publisher = Jwts.builder()
                    .claim("mercure", Map.of("publish", List.of("*"), "subscribe", List.of("*")))
                    .signWith(Keys.hmacShaKeyFor(PUBLISHER_KEY.getBytes(StandardCharsets.UTF_8)))
                    .compact();
            // With a token that nothing here can verify, too, as at the reference hub.
            try (SseClient client = SseClient.open(node.port(), Hub.subscription("t"), Hub.bearer("x.y.z"))) {
                await().until(() -> !client.status().isEmpty());
                assertThat(client.status()).isEqualTo("HTTP/1.1 200 OK");
                assertThat(Hub.post(node, publisher, "topic", "t", "data", "secret", "private", "on")
                                .statusCode())
                        .isEqualTo(200);
                assertThat(Hub.post(node, publisher, "topic", "t", "data", "hello")
                                .statusCode())
                        .isEqualTo(200);
                await().untilAsserted(() -> assertThat(client.data()).containsExactly("hello"));
            }
            HttpResponse<String> other = post(node, publisher, EVENT);
            assertRefused(other, 401, "token-invalid", "Bearer realm=\"carillon\", error=\"invalid_token\"");
            assertThat(other.body()).contains("tokens are not accepted: this node has no key to verify them");
        }
    }

    @Test
    void why_a_token_is_refused_is_in_the_log_without_the_token() {
        try (TestCluster cluster = new TestCluster("memory://refusals", 1, Map.of());
                WatchedLog log = new WatchedLog()) {
            String forged = Jwts.builder()
                    .subject("alice")
                    .signWith(Keys.hmacShaKeyFor((TestCluster.KEY + "\n").getBytes(StandardCharsets.UTF_8)))
                    .compact();

            assertThat(post(cluster.node(0), forged, EVENT).body())
                    .contains("the token's signature does not match the verification key")
                    .doesNotContain("line break");
            assertThat(Hub.post(cluster.node(0), forged, "topic", "a").body())
                    .contains("the token's signature does not match the verification key");

            String reason = "\"the token's signature does not match the verification key\"";
            String hint = "\"the issuer signs with the key followed by a line break\"";
            assertThat(log.pairs())
                    .contains(
                            "presenter=\"clients\" reason=" + reason + " hint=" + hint + " suppressed=\"0\"",
                            "presenter=\"publishers\" reason=" + reason + " hint=" + hint + " suppressed=\"0\"")
                    .noneMatch(line -> line.contains(forged));
        }
    }
}
