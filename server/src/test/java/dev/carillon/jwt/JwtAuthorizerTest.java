package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.auth.CachingAuthorizer;
import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.Jwts;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JwtAuthorizerTest {
    private static final String KEY = "0123456789abcdef0123456789abcdef";
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private Instant now = NOW;
    private final JwtAuthorizer authorizer = new JwtAuthorizer(
            JwtConfig.of("HS256", KEY, false),
            new SimpleMeterRegistry(),
            Platform.system().clock(() -> now));

    private static String token(Map<String, ?> claims) {
        return Jwts.builder().claims(claims).signWith(TestKeys.secret(KEY)).compact();
    }

    private static Grants grants(CompletionStage<Grants> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw (RuntimeException) e.getCause();
        }
    }

    private void assertRefused(@Nullable String token, ErrorCode code) {
        assertThatThrownBy(() -> grants(authorizer.authorize(token)))
                .isInstanceOfSatisfying(CarillonException.class, e -> {
                    assertThat(e.code()).isEqualTo(code);
                    if (token != null && !token.isBlank()) {
                        assertThat(String.valueOf(e.getMessage())).doesNotContain(token);
                    }
                });
    }

    @Test
    void claims_become_grants() {
        Grants grants = grants(authorizer.authorize(token(Map.of(
                "sub",
                "alice",
                "exp",
                NOW.plusSeconds(90).getEpochSecond(),
                "carillon",
                Map.of("broadcast", List.of("topic:room/*"), "read", List.of("topic:*"), "tenant", "acme")))));

        assertThat(grants.tenant()).isEqualTo(new Tenant("acme"));
        assertThat(grants.user()).isEqualTo("alice");
        assertThat(grants.expiresAt()).isEqualTo(NOW.plusSeconds(90));
        assertThat(grants.mayBroadcast(Scope.topic("room/1"))).isTrue();
        assertThat(grants.mayBroadcast(Scope.GLOBAL)).isFalse();
        assertThat(grants.mayReadAnyOf(List.of(Scope.GLOBAL, Scope.topic("x")))).isTrue();
        assertThat(grants.mayReadAnyOf(List.of(Scope.GLOBAL))).isFalse();
    }

    @Test
    void token_without_claims_grants_only_connecting() {
        Grants grants = grants(authorizer.authorize(token(Map.of("sub", "a"))));

        assertThat(grants.mayBroadcast(Scope.GLOBAL)).isFalse();
        assertThat(grants.tenant()).isEqualTo(Tenant.DEFAULT);
    }

    @Test
    void tokens_not_signed_with_the_configured_key_and_algorithm_are_refused() {
        String good = token(Map.of("sub", "a"));
        String none = Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8))
                + good.substring(good.indexOf('.'), good.lastIndexOf('.') + 1);
        String otherAlgorithm = Jwts.builder()
                .subject("a")
                .signWith(TestKeys.secret(KEY + KEY), Jwts.SIG.HS512)
                .compact();
        String otherKey = Jwts.builder()
                .subject("a")
                .signWith(TestKeys.secret(KEY.toUpperCase(java.util.Locale.ROOT)))
                .compact();

        assertRefused(none, ErrorCode.TOKEN_INVALID);
        assertRefused(otherAlgorithm, ErrorCode.TOKEN_INVALID);
        assertRefused(otherKey, ErrorCode.TOKEN_INVALID);
        assertRefused(good.substring(0, good.length() - 2) + "xx", ErrorCode.TOKEN_INVALID);
        assertRefused(" ", ErrorCode.TOKEN_INVALID);
        assertRefused("not a token", ErrorCode.TOKEN_INVALID);
        assertRefused(null, ErrorCode.TOKEN_MISSING);
    }

    @Test
    void token_cannot_choose_another_algorithm() {
        JwtAuthorizer hs256 = new JwtAuthorizer(
                JwtConfig.of("HS256", KEY + KEY, false),
                new SimpleMeterRegistry(),
                Platform.system().clock(() -> now));
        String hs512 = Jwts.builder()
                .subject("a")
                .signWith(TestKeys.secret(KEY + KEY), Jwts.SIG.HS512)
                .compact();

        assertThatThrownBy(() -> grants(hs256.authorize(hs512))).isInstanceOf(RefusedException.class);
    }

    @Test
    void public_key_verifies_tokens_of_its_private_key_only() {
        KeyPair pair = Jwts.SIG.ES256.keyPair().build();
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        JwtAuthorizer es256 = new JwtAuthorizer(
                JwtConfig.of("ES256", pem, false),
                new SimpleMeterRegistry(),
                Platform.system().clock(() -> now));

        assertThat(grants(es256.authorize(Jwts.builder()
                                .subject("bob")
                                .signWith(pair.getPrivate())
                                .compact()))
                        .user())
                .isEqualTo("bob");
        String confused = Jwts.builder()
                .subject("a")
                .signWith(io.jsonwebtoken.security.Keys.hmacShaKeyFor(pem.getBytes(StandardCharsets.UTF_8)))
                .compact();
        assertThatThrownBy(() -> grants(es256.authorize(confused))).isInstanceOf(RefusedException.class);
    }

    @Test
    void grants_expire_with_the_token() {
        String token = token(Map.of("exp", NOW.getEpochSecond() + 1));
        assertThat(grants(authorizer.authorize(token)).expiresAt()).isEqualTo(NOW.plusSeconds(1));
        now = NOW.plusSeconds(1);
        assertRefused(token, ErrorCode.TOKEN_EXPIRED);
    }

    @Test
    void invalid_claims_are_refused_by_name() {
        for (Object bad : List.of(
                "text",
                Map.of("broadcast", "*"),
                Map.of("read", List.of(1)),
                Map.of("read", List.of("")),
                Map.of("tenant", 7),
                Map.of("tenant", "_system"),
                Map.of("tenant", "a/b"),
                Map.of("broadcast", java.util.Collections.nCopies(1_001, "x")))) {
            assertThatThrownBy(() -> grants(authorizer.authorize(token(Map.of("carillon", bad)))))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageStartingWith("claim carillon");
        }
        assertThatThrownBy(() -> grants(authorizer.authorize(token(Map.of("sub", "a\nb")))))
                .isInstanceOf(RefusedException.class)
                .hasMessageStartingWith("claim sub: ");
    }

    @Test
    void invalid_keys_are_refused_and_not_shown() {
        assertThatThrownBy(() -> JwtConfig.of("HS256", "short-secret", false))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("32 bytes")
                .hasMessageNotContaining("short-secret");
        assertThatThrownBy(() -> JwtConfig.of("RS256", KEY, false)).hasMessageContaining("PEM");
        assertThatThrownBy(() -> JwtConfig.of("none", KEY, false)).hasMessageContaining("HS256");
    }

    @Test
    void cache_verifies_once_and_returns_no_expired_grants() {
        AtomicInteger verifications = new AtomicInteger();
        CachingAuthorizer caching = new CachingAuthorizer(
                token -> {
                    verifications.incrementAndGet();
                    return authorizer.authorize(token);
                },
                () -> now,
                System::nanoTime);
        String token = Jwts.builder()
                .subject("a")
                .expiration(Date.from(NOW.plusSeconds(5)))
                .signWith(TestKeys.secret(KEY))
                .compact();
        grants(caching.authorize(token));
        grants(caching.authorize(token));
        assertThat(verifications).hasValue(1);
        now = NOW.plusSeconds(6);
        assertThatThrownBy(() -> grants(caching.authorize(token)))
                .hasMessage("the token has expired (claim exp): request a new one");
        assertThat(verifications).hasValue(2);
        assertThatThrownBy(() -> grants(caching.authorize("bad"))).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> grants(caching.authorize("x".repeat(20_000)))).isInstanceOf(RefusedException.class);
    }
}
