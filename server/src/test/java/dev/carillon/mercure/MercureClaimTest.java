package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.Jwts;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MercureClaimTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    @Test
    void the_claim_has_publish_and_subscribe_selectors() {
        MercureClaim claim = claim(Map.of(
                "exp",
                NOW.plusSeconds(90).getEpochSecond(),
                "mercure",
                Map.of(
                        "publish", List.of("*"),
                        "subscribe", List.of("https://example.com/{id}", "b"),
                        "payload", Map.of("user", "alice", "rooms", List.of(1, 2)))));

        assertThat(claim.tenant()).isEqualTo(Tenant.DEFAULT);
        assertThat(claim.mayPublish()).isTrue();
        assertThat(claim.publish()).containsExactly("*");
        assertThat(claim.subscribe()).containsExactly("https://example.com/{id}", "b");
        assertThat(Objects.requireNonNull(claim.payload()).get("rooms").get(1).asInt())
                .isEqualTo(2);
        assertThat(claim.expiresAt()).isEqualTo(NOW.plusSeconds(90));
    }

    @Test
    void every_member_is_optional() {
        for (Map<String, ?> none : List.<Map<String, ?>>of(Map.of(), Map.of("mercure", Map.of()))) {
            MercureClaim claim = claim(none);

            assertThat(claim.mayPublish()).isFalse();
            assertThat(claim.publish()).isEmpty();
            assertThat(claim.subscribe()).isEmpty();
            assertThat(claim.payload()).isNull();
            assertThat(claim.expiresAt()).isNull();
        }
        assertThat(claim(Map.of("mercure", Map.of("publish", List.of()))).mayPublish())
                .isTrue();
    }

    @Test
    void the_claim_under_its_full_name_takes_precedence() {
        MercureClaim claim = claim(Map.of(
                "https://mercure.rocks/", Map.of("subscribe", List.of("a")),
                "mercure", Map.of("subscribe", List.of("b"), "publish", List.of("b"))));

        assertThat(claim.subscribe()).containsExactly("a");
        assertThat(claim.mayPublish()).isFalse();
    }

    @Test
    void the_tenant_is_taken_from_its_own_claim() {
        assertThat(claim(Map.of("carillon", Map.of("tenant", "acme"))).tenant()).isEqualTo(new Tenant("acme"));
        assertRefused(Map.of("carillon", Map.of("tenant", "_system")), "claim carillon.tenant: ");
    }

    @Test
    void selectors_up_to_their_limits_are_accepted() {
        String longest = "x".repeat(MercureClaim.MAX_LENGTH);

        assertThat(claim(Map.of(
                                "mercure",
                                Map.of("subscribe", Collections.nCopies(MercureClaim.MAX_SELECTORS, longest))))
                        .subscribe())
                .hasSize(MercureClaim.MAX_SELECTORS);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void a_malformed_member_is_named(Map<String, ?> claims, String message) {
        assertRefused(claims, message);
    }

    static Stream<Arguments> mistakes() {
        List<String> many = Collections.nCopies(MercureClaim.MAX_SELECTORS + 1, "x");
        return Stream.of(
                Arguments.of(Map.of("mercure", "*"), "claim mercure: must be an object"),
                Arguments.of(Map.of("mercure", List.of()), "claim mercure: must be an object"),
                Arguments.of(Map.of("https://mercure.rocks/", 7), "claim https://mercure.rocks/: must be an object"),
                Arguments.of(
                        Map.of("mercure", Map.of("publish", "*")),
                        "claim mercure.publish: must be a list of at most 1000 selectors"),
                Arguments.of(
                        Map.of("mercure", Map.of("publish", many)),
                        "claim mercure.publish: must be a list of at most 1000 selectors"),
                Arguments.of(
                        Map.of("mercure", Map.of("subscribe", many)),
                        "claim mercure.subscribe: must be a list of at most 1000 selectors"),
                Arguments.of(
                        Map.of("mercure", Map.of("subscribe", List.of("a", 1))),
                        "claim mercure.subscribe: must hold strings of at most 1024 characters"),
                Arguments.of(
                        Map.of("mercure", Map.of("subscribe", List.of("x".repeat(1_025)))),
                        "claim mercure.subscribe: must hold strings of at most 1024 characters"));
    }

    private static void assertRefused(Map<String, ?> claims, String message) {
        assertThatThrownBy(() -> claim(claims))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOKEN_INVALID))
                .hasMessageStartingWith(message);
    }

    private static MercureClaim claim(Map<String, ?> claims) {
        return MercureClaim.of(Jwts.claims().add(claims).build());
    }
}
