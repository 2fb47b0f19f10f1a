package dev.carillon.jwt;

import static dev.carillon.jwt.Verified.assertFails;
import static dev.carillon.jwt.Verified.assertRefused;
import static dev.carillon.jwt.Verified.claims;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.testkit.Patience;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Jwk;
import io.jsonwebtoken.security.Jwks;
import io.jsonwebtoken.security.SignatureAlgorithm;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwksVerifierIT {
    private static final JwtConfig.Names NAMES = new JwtConfig.Names("the-alg", "the-jwks");

    /** A key pair of an issuer, which signs tokens. */
    private record Signer(String id, SignatureAlgorithm algorithm, KeyPair pair) {
        static Signer of(String id, String algorithm) {
            return new Signer(id, TestKeys.algorithm(algorithm), TestKeys.pair(algorithm, 1));
        }

        Signer withOtherKey() {
            return new Signer(id, algorithm, TestKeys.pair(algorithm.getId(), 2));
        }

        Jwk<?> jwk() {
            return Jwks.builder().key(pair.getPublic()).id(id).build();
        }

        String token() {
            return signed(algorithm);
        }

        String signed(SignatureAlgorithm other) {
            return Jwts.builder()
                    .header()
                    .keyId(id)
                    .and()
                    .subject("alice")
                    .signWith(pair.getPrivate(), other)
                    .compact();
        }
    }

    private final TestIssuer issuer = new TestIssuer();
    private final AtomicLong nanos = new AtomicLong();
    private final TokenVerifier verifier = verifier(List.of());
    private final Signer signer = Signer.of("one", "ES256");

    @AfterEach
    void close() {
        issuer.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
    void tokens_are_verified_with_the_keys_of_the_issuer(String algorithm) {
        Signer good = Signer.of("good", algorithm);
        issuer.offer(signer.jwk(), good.jwk());

        assertThat(claims(verifier, good.token()).getSubject()).isEqualTo("alice");
        assertRefused(verifier, good.withOtherKey().token());
        assertThat(issuer.requests()).isOne();
    }

    @Test
    void new_key_is_fetched_when_a_token_names_it() {
        issuer.offer(signer.jwk());
        claims(verifier, signer.token());
        Signer next = Signer.of("two", "RS256");
        issuer.offer(next.jwk());
        assertRefused(verifier, next.token());

        nanos.addAndGet(KeyRing.FETCH_INTERVAL.toNanos());

        assertThat(claims(verifier, next.token()).getSubject()).isEqualTo("alice");
        assertThat(issuer.requests()).isEqualTo(2);
        // The issuer has removed this key.
        assertRefused(verifier, signer.token());
    }

    @Test
    void algorithm_that_is_not_configured_is_refused_without_a_fetch() {
        Signer rsa = Signer.of("rsa", "RS256");
        TokenVerifier narrow = verifier(List.of("RS256"));
        issuer.offer(rsa.jwk());
        claims(narrow, rsa.token());
        nanos.addAndGet(KeyRing.FETCH_INTERVAL.toNanos());

        assertRefused(narrow, rsa.signed(Jwts.SIG.PS256));
        assertRefused(narrow, rsa.signed(Jwts.SIG.RS512));

        assertThat(issuer.requests()).isOne();
    }

    @Test
    void old_keys_stay_in_use_while_the_issuer_is_unavailable() {
        issuer.offer(signer.jwk());
        claims(verifier, signer.token());
        issuer.close();

        nanos.addAndGet(KeyRing.MAX_AGE.toNanos());

        claims(verifier, signer.token());
        // Without newer keys, it is unknown whether this token is valid.
        assertFails(verifier, Signer.of("two", "ES256").token(), ErrorCode.KEYS_UNAVAILABLE);
    }

    @Test
    void failed_first_fetch_is_repeated_one_second_later() {
        issuer.answer(TestIssuer.status(500));
        assertFails(verifier, signer.token(), ErrorCode.KEYS_UNAVAILABLE);
        issuer.offer(signer.jwk());
        assertFails(verifier, signer.token(), ErrorCode.KEYS_UNAVAILABLE);

        nanos.addAndGet(KeyRing.FIRST_FETCH_INTERVAL.toNanos());

        claims(verifier, signer.token());
        assertThat(issuer.requests()).isEqualTo(2);
    }

    @Test
    void incomplete_response_fails_at_the_time_limit() {
        CountDownLatch released = new CountDownLatch(1);
        issuer.answer(exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            try {
                boolean _ = released.await(Patience.LIMIT_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        assertThat(JwksClient.TIMEOUT).isEqualTo(Duration.ofSeconds(5));
        TokenVerifier brief = new JwksVerifier(
                JwksConfig.of(NAMES, issuer.url(), List.of()),
                Platform.system().nanoTime(nanos::get),
                Duration.ofSeconds(1));
        long start = System.nanoTime();
        assertFails(brief, signer.token(), ErrorCode.KEYS_UNAVAILABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(800));
        released.countDown();
    }

    @Test
    void response_that_is_too_large_is_refused() {
        String set = TestIssuer.set(signer.jwk());
        issuer.answer(TestIssuer.text(set + " ".repeat(JwksClient.MAX_BYTES - set.length())));
        claims(verifier, signer.token());

        issuer.answer(TestIssuer.text(set + " ".repeat(JwksClient.MAX_BYTES - set.length() + 1)));
        assertFails(verifier(List.of()), signer.token(), ErrorCode.KEYS_UNAVAILABLE);
    }

    @Test
    void response_that_is_no_jwk_set_is_refused() {
        issuer.answer(TestIssuer.text("<html>"));

        assertFails(verifier, signer.token(), ErrorCode.KEYS_UNAVAILABLE);
    }

    @Test
    void redirects_are_not_followed() {
        try (TestIssuer other = new TestIssuer()) {
            other.offer(signer.jwk());
            issuer.answer(exchange -> {
                exchange.getResponseHeaders().set("Location", other.url());
                exchange.sendResponseHeaders(302, -1);
            });

            assertFails(verifier, signer.token(), ErrorCode.KEYS_UNAVAILABLE);
            assertThat(other.requests()).isZero();
        }
    }

    @Test
    void a_thousand_simultaneous_tokens_cause_one_request() {
        CountDownLatch asked = new CountDownLatch(1);
        TestIssuer.Answer keys = TestIssuer.text(TestIssuer.set(signer.jwk()));
        issuer.answer(exchange -> {
            try {
                boolean _ = asked.await(Patience.LIMIT_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            keys.send(exchange);
        });
        String token = signer.token();

        List<CompletionStage<Claims>> waiting = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            waiting.add(verifier.verify(token));
        }
        asked.countDown();

        assertThat(waiting)
                .allSatisfy(
                        stage -> assertThat(Verified.join(stage).getSubject()).isEqualTo("alice"));
        assertThat(issuer.requests()).isOne();
    }

    private TokenVerifier verifier(List<String> algorithms) {
        return new JwksVerifier(
                JwksConfig.of(NAMES, issuer.url(), algorithms),
                Platform.system().nanoTime(nanos::get));
    }
}
