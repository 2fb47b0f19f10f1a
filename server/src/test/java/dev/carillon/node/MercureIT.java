package dev.carillon.node;

import static dev.carillon.node.Hub.bearer;
import static dev.carillon.node.Hub.post;
import static dev.carillon.node.Hub.publish;
import static dev.carillon.node.Hub.subscription;
import static dev.carillon.node.Hub.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Settings;
import dev.carillon.mercure.MercureHub;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.SseClient;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers and refusals of one node at the path of the hub. */
class MercureIT {
    private static final Map<String, String> ANY_TOKEN = bearer(token(List.of("*"), List.of()));
    private static TestCluster cluster;
    private static Node node;

    @BeforeAll
    static void start() {
        cluster = new TestCluster(
                "memory://mercure",
                1,
                Map.of(
                        "heartbeat",
                        "1s",
                        "cors-origins",
                        "https://app.test",
                        "mercure-publish-origins",
                        "https://cms.test"));
        node = cluster.node(0);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            data=x                                              | 400 | Missing "topic" parameter
            topic=https://t.test/1&retry=soon                   | 400 | Invalid "retry" parameter
            topic=https://t.test/1&retry=99999999999            | 400 | Invalid "retry" parameter
            topic=%zz                                           | 400 | %
            topic=%ff                                           | 400 | UTF-8
            topic=                                              | 400 | topic:
            topic=https://t.test/1&id=a%0Ab                     | 400 | id:
            topic=https://t.test/1&id=%20a                      | 400 | id:
            topic=https://t.test/1&id=earliest                  | 400 | id:
            topic=https://t.test/1&id=%23a                      | 400 | id:
            topic=https://t.test/1&type=a%00b                   | 400 | type:
            topic=https://t.test/1&type=carillon.gap            | 400 | type:
            topic=https://t.test/.well-known/mercure/x          | 403 | reserved for the hub
            """)
    void bad_publication_is_answered_with_the_reason(String body, int status, String detail) {
        HttpResponse<String> response = post(node, ANY_TOKEN, body.strip());
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body().replace("\\", "")).contains(detail);
    }

    @Test
    void checks_come_in_the_order_of_the_protocol() {
        assertThat(post(node, Map.of(), "data=x").statusCode()).isEqualTo(401);
        assertThat(post(node, bearer(token(List.of("https://other.test/{x}"), List.of())), "data=x")
                        .statusCode())
                .isEqualTo(400);
        assertThat(post(node, bearer(token(List.of("https://other.test/{x}"), List.of())), "topic=https://t.test/1")
                        .statusCode())
                .isEqualTo(401);
        assertThat(get("").statusCode()).isEqualTo(400);
        assertThat(get("").body()).contains("Missing \\\"topic\\\" parameter.");
        HttpResponse<String> json = post(
                node,
                Map.of("Content-Type", "application/json", "Authorization", ANY_TOKEN.get("Authorization")),
                "{\"topic\": \"x\"}");
        assertThat(json.statusCode()).isEqualTo(400);
    }

    @Test
    void a_token_must_grant_every_topic_of_an_update() {
        String token = token(List.of("https://t.test/{a}", "https://equal.test/"), List.of());
        assertThat(post(node, token, "topic", "https://t.test/1", "topic", "https://equal.test/")
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused = post(node, token, "topic", "https://t.test/1", "topic", "https://t.test/1/2");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("https://t.test/1/2");
    }

    @Test
    void the_answer_is_the_id_as_text_and_one_is_made_where_none_is_given() {
        HttpResponse<String> given = post(node, ANY_TOKEN, "topic=https://t.test/1&id=urn:x:1&unknown=%20&data=");
        assertThat(given.body()).isEqualTo("urn:x:1");
        assertThat(given.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
        assertThat(post(node, ANY_TOKEN, "topic=https://t.test/1&id=").body()).startsWith("urn:uuid:");
    }

    @Test
    void an_idempotency_key_that_cannot_be_one_is_refused_by_name() {
        for (String key : List.of("", "x".repeat(256))) {
            HttpResponse<String> refused = post(
                    node,
                    Map.of("Authorization", "Bearer " + token(List.of("*"), List.of()), "Idempotency-Key", key),
                    "topic=https://t.test/1&data=1");
            assertThat(refused.statusCode()).as(key).isEqualTo(400);
            assertThat(refused.body()).contains("header Idempotency-Key: must be 1 to 255 printable");
        }
    }

    @Test
    void the_same_id_with_another_body_is_published_as_well() {
        assertThat(post(node, ANY_TOKEN, "topic=https://t.test/1&id=same&data=1")
                        .statusCode())
                .isEqualTo(200);
        assertThat(post(node, ANY_TOKEN, "topic=https://t.test/1&id=same&data=1")
                        .statusCode())
                .isEqualTo(200);
        assertThat(post(node, ANY_TOKEN, "topic=https://t.test/1&id=same&data=2")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_body_of_more_than_a_mebibyte_is_too_large() {
        assertThat(post(node, ANY_TOKEN, "topic=a&data=" + "x".repeat(1 << 20)).statusCode())
                .isEqualTo(413);
    }

    @Test
    void tokens_that_are_not_valid_here_are_refused() {
        String wrongKey = Jwts.builder()
                .claim("mercure", Map.of("publish", List.of("*")))
                .signWith(Keys.hmacShaKeyFor("another key that is more than 32 bytes".getBytes(StandardCharsets.UTF_8)))
                .compact();
        String none = Jwts.builder()
                .claim("mercure", Map.of("publish", List.of("*"), "subscribe", List.of("*")))
                .compact();
        String otherAlgorithm = Jwts.builder()
                .claim("mercure", Map.of("publish", List.of("*")))
                .signWith(
                        Keys.hmacShaKeyFor((TestCluster.KEY + TestCluster.KEY).getBytes(StandardCharsets.UTF_8)),
                        Jwts.SIG.HS512)
                .compact();
        for (String token : List.of(wrongKey, none, otherAlgorithm, "garbage")) {
            HttpResponse<String> response = post(node, bearer(token), "topic=https://t.test/1");
            assertThat(response.statusCode()).isEqualTo(401);
            assertThat(response.body()).doesNotContain(token);
            assertThat(TestCluster.send(HttpRequest.newBuilder(URI.create(
                                            "http://127.0.0.1:" + node.port() + subscription("https://t.test/1")))
                                    .header("Authorization", "Bearer " + token)
                                    .build())
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void a_malformed_template_matches_what_equals_it() {
        try (SseClient client = Hub.subscribe(node, "https://bad.test/{x")) {
            publish(node, "topic", "https://bad.test/1", "data", "no");
            publish(node, "topic", "https://bad.test/{x", "data", "yes");
            client.awaitData("yes");
            assertThat(client.data()).containsExactly("yes");
        }
    }

    @Test
    void too_many_selectors_and_too_many_templates_are_refused() {
        String equal = IntStream.range(0, 1_001).mapToObj(i -> "topic=" + i).collect(Collectors.joining("&"));
        String templates =
                IntStream.range(0, 101).mapToObj(i -> "topic=%7Ba%7D" + i).collect(Collectors.joining("&"));
        assertThat(get("?" + equal).statusCode()).isEqualTo(400);
        assertThat(get("?" + equal).body()).contains("1000");
        assertThat(get("?" + templates).statusCode()).isEqualTo(400);
        assertThat(get("?" + templates).body()).contains("URI Templates");
    }

    @Test
    void a_template_may_come_in_the_address_as_browsers_send_it() {
        try (SseClient client =
                SseClient.open(node.port(), MercureHub.PATH + "?topic=https://raw.test/books/{id}&topic=a|b")) {
            assertThat(client.status()).isEqualTo("HTTP/1.1 200 OK");
            publish(node, "topic", "https://raw.test/books/1", "data", "1");
            publish(node, "topic", "a|b", "data", "2");
            client.awaitData("2");
            assertThat(client.data()).containsExactly("1", "2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u0001", "\u007f", "\u00fc", "\t", "%", "%4g", "%zz"})
    void an_address_with_what_must_be_encoded_is_refused(String character) {
        try (SseClient client = SseClient.open(node.port(), MercureHub.PATH + "?topic=a" + character + "b")) {
            assertThat(client.status()).startsWith("HTTP/1.1 400");
        }
    }

    @Test
    void a_quiet_stream_gets_a_comment() {
        try (StreamBytes stream = StreamBytes.open(node.port(), subscription("https://quiet.test/"), Map.of())) {
            stream.await("\n\n:\n");
            assertThat(stream.body()).matches("(?s):\nretry: [0-9]{3,4}\n\n(:\n)+");
        }
    }

    @Test
    void a_stream_ends_with_its_token() {
        String token = Jwts.builder()
                .claim("mercure", Map.of("subscribe", List.of("*")))
                .expiration(Date.from(Instant.now().plusSeconds(2)))
                .signWith(Keys.hmacShaKeyFor(TestCluster.KEY.getBytes(StandardCharsets.UTF_8)))
                .compact();
        try (SseClient client =
                SseClient.open(node.port(), subscription("https://short.test/") + "&authorization=" + token)) {
            await().until(client::hasEnded);
        }
    }

    @Test
    void a_subscriber_that_leaves_is_gone() {
        // Those of the tests before.
        await().until(() -> TestCluster.metric(node, "carillon_requests_open") == 0);
        SseClient client = Hub.subscribe(node, "https://gone.test/{x}", "https://gone.test/1", "*");
        await().until(() -> TestCluster.metric(node, "carillon_requests_open") == 1);
        client.close();
        await().until(() -> TestCluster.metric(node, "carillon_requests_open") == 0);
        assertThat(publish(node, "topic", "https://gone.test/1")).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST"})
    void a_preflight_request_of_an_allowed_origin_is_answered(String method) {
        HttpResponse<String> response =
                TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + MercureHub.PATH))
                        .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                        .header("Origin", "https://app.test")
                        .header("Access-Control-Request-Method", method)
                        .build());
        assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).contains("https://app.test");
        assertThat(response.headers().firstValue("Access-Control-Allow-Credentials"))
                .contains("true");
        assertThat(response.headers().firstValue("Access-Control-Allow-Headers").orElse(""))
                .contains("authorization", "cache-control", "last-event-id");
        assertThat(response.headers()
                        .firstValue("Access-Control-Expose-Headers")
                        .orElse(""))
                .contains("Link", "Last-Event-ID", "Mercure-Last-Event-ID", "ETag", "Retry-After");
    }

    @Test
    void a_cookie_publishes_only_for_pages_of_the_origins_that_may() {
        String cookie = "mercureAuthorization=" + token(List.of("*"), List.of());
        String body = "topic=https://cookie.test/";
        assertThat(post(node, Map.of("Cookie", cookie, "Origin", "https://cms.test"), body)
                        .statusCode())
                .isEqualTo(200);
        assertThat(post(node, Map.of("Cookie", cookie, "Referer", "https://cms.test/page"), body)
                        .statusCode())
                .isEqualTo(200);
        assertThat(post(node, Map.of("Cookie", cookie, "Origin", "https://evil.test"), body)
                        .statusCode())
                .isEqualTo(401);
        assertThat(post(node, Map.of("Cookie", cookie), body).statusCode()).isEqualTo(401);
    }

    @Test
    void random_fields_are_published_or_refused() {
        Random random = new Random(6);
        String[] names = {"topic", "data", "id", "type", "retry", "private", "", "other", "%41"};
        for (int i = 0; i < 300; i++) {
            StringBuilder body = new StringBuilder();
            for (int field = random.nextInt(6); field >= 0; field--) {
                body.append('&').append(names[random.nextInt(names.length)]).append('=');
                for (int c = random.nextInt(8); c > 0; c--) {
                    body.append((char) (random.nextInt(4) == 0 ? random.nextInt(0x3000) : 32 + random.nextInt(95)));
                }
            }
            assertThat(post(node, ANY_TOKEN, body.toString()).statusCode())
                    .as(body.toString())
                    .isIn(200, 400, 403);
        }
    }

    @Test
    void node_with_only_keys_of_the_hub_accepts_no_other_token() {
        Map<String, String> flags = Map.of(
                "node-id", "alone",
                "port", "0",
                "admin-port", "0",
                "internal-port", "0",
                "broker", "memory://mercure-alone",
                "mercure-publisher-key", TestCluster.KEY,
                "mercure-subscriber-key", "a key for subscribers of more than 32 bytes",
                "mercure-anonymous", "true");
        try (Node alone = Node.start(NodeConfig.of(Settings.of(NodeKeys.ALL, flags)));
                SseClient client = Hub.subscribe(alone, "https://alone.test/{x}")) {
            publish(alone, "topic", "https://alone.test/1", "data", "here");
            client.awaitData("here");
            assertThat(TestCluster.post(alone, TestCluster.token(), "{\"scope\":\"global\"}")
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    @Test
    void subscriber_is_asked_to_reconnect_while_the_keys_of_an_issuer_are_unavailable() {
        try (TestCluster away = new TestCluster(
                        "memory://mercure-away",
                        1,
                        Map.of("mercure-subscriber-jwks", "http://127.0.0.1:" + ServerProcess.freePort() + "/jwks"));
                SseClient client = SseClient.open(away.node(0).port(), subscription("a"), ANY_TOKEN)) {
            await().until(client::hasEnded);
            assertThat(client.status()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(client.lastRetry()).isNotNull();
        }
    }

    @Test
    void publication_is_405_on_a_hub_without_publishers() {
        try (TestCluster quiet = new TestCluster("memory://mercure-quiet", 1, Map.of("mercure-publish", "off"))) {
            assertThat(post(quiet.node(0), ANY_TOKEN, "topic=a").statusCode()).isEqualTo(405);
        }
    }

    @ParameterizedTest
    @CsvSource({"false, HTTP/1.1 200", "true, HTTP/1.1 503"})
    void a_node_that_leaves_refuses_with_a_delay_or_where_that_is_asked_for_with_503(String strict, String status) {
        try (TestCluster leaving = new TestCluster(
                "memory://mercure-leaving",
                1,
                Map.of("drain-notice", "0s", "drain-timeout", "60s", "mercure-strict-status", strict))) {
            Node node = leaving.node(0);
            List<SseClient> open = IntStream.range(0, 100)
                    .mapToObj(i -> Hub.subscribe(node, "a"))
                    .toList();
            Thread.startVirtualThread(() -> {
                try {
                    node.drain();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            await().until(() -> open.stream().anyMatch(SseClient::hasEnded));

            try (SseClient refused = Hub.subscribe(node, "a")) {
                await().until(() -> strict.equals("true") || refused.hasEnded());
                assertThat(refused.status()).startsWith(status);
                assertThat(refused.lastRetry() != null).isEqualTo(strict.equals("false"));
            }
            open.forEach(SseClient::close);
        }
    }

    private static HttpResponse<String> get(String query) {
        return TestCluster.get(node.port(), MercureHub.PATH + query);
    }
}
