package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.jwt.TestIssuer;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Jwks;
import io.jsonwebtoken.security.Keys;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MercureTokensIT {
    private static final String PUBLISHER_KEY = "the key of those who publish, 32+";
    private static final String SUBSCRIBER_KEY = "the key of those who subscribe, 32";
    private static final Map<String, String> TWO_KEYS =
            Map.of("mercure-publisher-key", PUBLISHER_KEY, "mercure-subscriber-key", SUBSCRIBER_KEY);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    private volatile Instant now = NOW;
    private TokenServer door = new TokenServer(TWO_KEYS, () -> now);

    @AfterEach
    void close() {
        door.close();
    }

    @Test
    void a_token_is_taken_from_header_parameter_or_cookie_in_this_order() {
        String a = subscriber("a");
        String cookie = "mercureAuthorization=" + subscriber("c");
        String query = "?authorization=" + subscriber("b");

        assertGranted(door.subscribe("", "Authorization", "Bearer " + a), "default [a] [] null");
        assertGranted(door.subscribe(query), "default [b] [] null");
        assertGranted(door.subscribe("", "Cookie", cookie), "default [c] [] null");
        assertGranted(door.subscribe(query, "Authorization", "bearer " + a, "Cookie", cookie), "default [a] [] null");
        assertGranted(door.subscribe(query, "Cookie", cookie), "default [b] [] null");
        assertRefused(door.subscribe(query, "Authorization", "Basic eDp5"), "token-invalid");
        assertRefused(door.subscribe("", "Cookie", "carillon_authorization=" + a), "token-missing");
    }

    @Test
    void the_cookie_may_have_another_name() {
        open(with("mercure-cookie", "__Host-hub"));

        assertGranted(door.subscribe("", "Cookie", "__Host-hub=" + subscriber("a")), "default [a] [] null");
        assertRefused(door.subscribe("", "Cookie", "mercureAuthorization=" + subscriber("a")), "token-missing");
    }

    @Test
    void a_token_of_subscribers_is_not_valid_for_publishers_and_vice_versa() {
        String publisher = signed(PUBLISHER_KEY, Map.of("publish", List.of("*"), "subscribe", List.of("*")));
        String subscriber = signed(SUBSCRIBER_KEY, Map.of("publish", List.of("*"), "subscribe", List.of("*")));

        assertGranted(publish(publisher), "default [*] [*] null");
        assertRefused(publish(subscriber), "token-invalid");
        assertGranted(subscribe(subscriber), "default [*] [*] null");
        assertRefused(subscribe(publisher), "token-invalid");
    }

    @Test
    void a_token_with_another_key_or_algorithm_is_refused() {
        String good = subscriber("*");
        String none = "eyJhbGciOiJub25lIn0" + good.substring(good.indexOf('.'), good.lastIndexOf('.') + 1);
        String other = signed(TokenServer.NODE_KEY, Map.of("subscribe", List.of("*")));
        String longer = Jwts.builder()
                .subject("alice")
                .signWith(Jwts.SIG.HS512.key().build())
                .compact();

        for (String bad : List.of(none, other, longer, "not.a.token", good + "x")) {
            HttpResponse<String> response = subscribe(bad);

            assertRefused(response, "token-invalid");
            assertThat(response.body()).doesNotContain(bad);
        }
        // A cached valid token does not validate another signature of it.
        assertGranted(subscribe(good), "default [*] [] null");
        assertRefused(subscribe(good.substring(0, good.length() - 4) + "AAAA"), "token-invalid");
    }

    @Test
    void a_hub_without_keys_uses_the_nodes_key() {
        open(Map.of());
        String token = signed(TokenServer.NODE_KEY, Map.of("publish", List.of("p"), "subscribe", List.of("s")));

        assertGranted(subscribe(token), "default [s] [p] null");
        assertGranted(publish(token), "default [s] [p] null");
    }

    @Test
    void a_client_without_a_token_is_accepted_only_if_anonymous_subscribers_are_allowed() {
        assertRefused(door.subscribe(""), "token-missing");
        assertRefused(door.publish(), "token-missing");

        open(with("mercure-anonymous", "true"));

        assertGranted(door.subscribe(""), "default [] [] null");
        assertRefused(subscribe("x"), "token-invalid");
        assertRefused(door.publish(), "token-missing");
    }

    @Test
    void a_hub_without_a_subscriber_key_ignores_subscribers_tokens() {
        door.close();
        door = TokenServer.withoutNodeKey(
                Map.of("mercure-publisher-key", PUBLISHER_KEY, "mercure-anonymous", "true"), () -> now);

        assertGranted(subscribe(signed(PUBLISHER_KEY, Map.of("subscribe", List.of("*")))), "default [] [] null");
        assertGranted(subscribe("x"), "default [] [] null");
        assertGranted(door.subscribe("", "Authorization", "Basic eDp5"), "default [] [] null");
        assertGranted(publish(signed(PUBLISHER_KEY, Map.of("publish", List.of("*")))), "default [] [*] null");
    }

    @Test
    void a_publisher_needs_the_claim_even_if_it_is_empty() {
        assertRefused(publish(signed(PUBLISHER_KEY, Map.of("subscribe", List.of("*")))), "token-invalid");
        assertGranted(publish(signed(PUBLISHER_KEY, Map.of("publish", List.of()))), "default [] [] null");
    }

    @Test
    void a_hub_without_publishers_refuses_updates() {
        open(with("mercure-publish", "off"));

        HttpResponse<String> response = publish(signed(PUBLISHER_KEY, Map.of("publish", List.of("*"))));

        assertThat(response.statusCode()).isEqualTo(405);
        assertGranted(subscribe(subscriber("*")), "default [*] [] null");
    }

    @Test
    void a_cookie_publishes_only_from_pages_of_publish_origins() {
        open(with("mercure-publish-origins", "https://hub.example"));
        String token = signed(PUBLISHER_KEY, Map.of("publish", List.of("*")));
        String cookie = "mercureAuthorization=" + token;

        for (String header : List.of("Origin", "Referer")) {
            assertGranted(door.publish("Cookie", cookie, header, "https://hub.example"), "default [] [*] null");
            // Neither an origin that may only read nor this site, as at the reference hub.
            for (String bad : List.of(
                    "https://cors.example",
                    door.origin(),
                    "https://evil.example",
                    "https://hub.example.evil.example",
                    "null")) {
                assertRefused(door.publish("Cookie", cookie, header, bad), "token-invalid");
            }
        }
        assertGranted(door.publish("Cookie", cookie, "Referer", "https://hub.example/page"), "default [] [*] null");
        assertRefused(
                door.publish("Cookie", cookie, "Origin", "https://evil.example", "Referer", "https://hub.example/"),
                "token-invalid");
        assertRefused(door.publish("Cookie", cookie), "token-invalid");
        // No page can set this header in a request to another site.
        assertGranted(
                door.publish("Authorization", "Bearer " + token, "Origin", "https://evil.example"),
                "default [] [*] null");
    }

    @Test
    void tenant_and_payload_are_taken_from_the_token() {
        String token = Jwts.builder()
                .claim("carillon", Map.of("tenant", "acme"))
                .claim("mercure", Map.of("payload", Map.of("user", "alice")))
                .signWith(Keys.hmacShaKeyFor(SUBSCRIBER_KEY.getBytes(StandardCharsets.UTF_8)))
                .compact();

        assertGranted(subscribe(token), "acme [] [] {\"user\":\"alice\"}");
    }

    @Test
    void a_malformed_claim_is_named() {
        HttpResponse<String> response = subscribe(signed(SUBSCRIBER_KEY, Map.of("subscribe", "*")));

        assertRefused(response, "token-invalid");
        assertThat(response.body()).contains("claim mercure.subscribe");
    }

    @Test
    void a_token_is_verified_once_while_cached_and_refused_after_its_expiry() {
        String token = Jwts.builder()
                .expiration(Date.from(NOW.plusSeconds(30)))
                .signWith(Keys.hmacShaKeyFor(SUBSCRIBER_KEY.getBytes(StandardCharsets.UTF_8)))
                .compact();

        assertGranted(subscribe(token), "default [] [] null");
        assertGranted(subscribe(token), "default [] [] null");
        assertThat(door.compiled()).isOne();

        now = NOW.plusSeconds(30);
        assertRefused(subscribe(token), "token-expired");
    }

    @Test
    void keys_are_fetched_once_for_both_sides_and_their_absence_is_temporary() {
        try (TestIssuer issuer = new TestIssuer()) {
            open(Map.of("mercure-publisher-jwks", issuer.url(), "mercure-subscriber-jwks", issuer.url()));
            KeyPair pair = Jwts.SIG.RS256.keyPair().build();
            String token = Jwts.builder()
                    .claim("mercure", Map.of("publish", List.of("*")))
                    .signWith(pair.getPrivate())
                    .compact();
            assertThat(subscribe(token).statusCode()).isEqualTo(503);

            issuer.offer(Jwks.builder().key((RSAPublicKey) pair.getPublic()).build());
            await().untilAsserted(() -> assertGranted(subscribe(token), "default [] [*] null"));
            assertGranted(publish(token), "default [] [*] null");
            assertThat(issuer.requests()).isEqualTo(2);
        }
    }

    private void open(Map<String, String> settings) {
        door.close();
        door = new TokenServer(settings, () -> now);
    }

    private static Map<String, String> with(String name, String value) {
        Map<String, String> settings = new HashMap<>(TWO_KEYS);
        settings.put(name, value);
        return settings;
    }

    private HttpResponse<String> subscribe(String token) {
        return door.subscribe("", "Authorization", "Bearer " + token);
    }

    private HttpResponse<String> publish(String token) {
        return door.publish("Authorization", "Bearer " + token);
    }

    private static String subscriber(String topic) {
        return signed(SUBSCRIBER_KEY, Map.of("subscribe", List.of(topic)));
    }

    private static String signed(String key, Map<String, ?> claim) {
        return Jwts.builder()
                .claim("mercure", claim)
                .signWith(Keys.hmacShaKeyFor(key.getBytes(StandardCharsets.UTF_8)))
                .compact();
    }

    private static void assertGranted(HttpResponse<String> response, String what) {
        assertThat(response.body()).isEqualTo(what);
    }

    private static void assertRefused(HttpResponse<String> response, String code) {
        assertThat(response.body()).contains("\"code\":\"" + code + "\"");
        assertThat(response.statusCode()).isEqualTo(401);
    }
}
