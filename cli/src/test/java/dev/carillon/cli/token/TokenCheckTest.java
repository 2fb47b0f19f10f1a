package dev.carillon.cli.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.RequiredClaims;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Twenty wrong tokens, and what is said of each. */
class TokenCheckTest {
    private static final String KEY = "a key of the tests, more than 32 bytes long";
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final String HS256 = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    private static final String VALID = "{\"sub\":\"ann\",\"exp\":" + (NOW.getEpochSecond() + 7_200)
            + ",\"carillon\":{\"broadcast\":[\"topic:room/*\",\"global\"],\"tenant\":\"acme\"}}";

    private static String token(String header, String claims, String key) {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        String text = base64.encodeToString(header.getBytes(StandardCharsets.UTF_8)) + "."
                + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return text + "." + base64.encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (java.security.GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static TokenCheck.Result check(String token) {
        return check(token, RequiredClaims.NONE);
    }

    private static TokenCheck.Result check(String token, RequiredClaims required) {
        return TokenCheck.of(
                token,
                JwtConfig.of("HS256", KEY, false).requiring(required),
                "HS256",
                Platform.system().clock(() -> NOW));
    }

    @Test
    void valid_token_is_described_without_a_note() {
        for (String prefix : new String[] {"", "Bearer ", " bearer  "}) {
            TokenCheck.Result result = check(prefix + token(HS256, VALID, KEY) + "\n");

            assertThat(result.accepted()).isTrue();
            assertThat(result.lines())
                    .containsExactly(
                            "algorithm    HS256",
                            "issued       not said",
                            "not before   no limit",
                            "expires      2026-01-01T14:00:00Z, in 2 hours",
                            "issuer       none",
                            "audience     none",
                            "tenant       acme",
                            "user         ann",
                            "broadcast    topic:room/*, global",
                            "read         no private events but those of its own user and session",
                            "verdict      valid: a node with this key accepts it");
        }
    }

    static Stream<Arguments> wrong() {
        long now = NOW.getEpochSecond();
        return Stream.of(
                Arguments.of("", "1: was it cut off"),
                Arguments.of("hello", "this text has 1"),
                Arguments.of("a.b", "this text has 2"),
                Arguments.of(token(HS256, VALID, KEY).substring(0, 60), "this text has 2"),
                Arguments.of("x".repeat(20_000), "longer than 16384 characters"),
                Arguments.of("x.y.z", "first part is no JSON object"),
                Arguments.of(token(HS256, "[1]", KEY), "second part is no JSON object"),
                Arguments.of(token(HS256, VALID, KEY + "\n"), "signs with the key followed by a line break"),
                Arguments.of(
                        token(HS256, VALID, Base64.getEncoder().encodeToString(KEY.getBytes(StandardCharsets.UTF_8))),
                        "the Base64-encoded key"),
                Arguments.of(token(HS256, VALID, "another key, also more than 32 bytes"), "refused, token-invalid"),
                Arguments.of(token("{\"alg\":\"none\"}", VALID, KEY), "signed with none, and the nodes verify HS256"),
                Arguments.of(token("{\"alg\":\"RS256\"}", VALID, KEY), "signed with RS256, and the nodes verify HS256"),
                Arguments.of(
                        token("{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", VALID, KEY), "refused, token-invalid"),
                Arguments.of(token(HS256, "{\"exp\":" + (now - 600) + "}", KEY), "10 minutes ago"),
                Arguments.of(token(HS256, "{\"exp\":\"" + (now + 600) + "\"}", KEY), "claim exp is a text"),
                Arguments.of(
                        token(HS256, "{\"nbf\":" + (now + 7_200) + ",\"exp\":" + (now + 9_000) + "}", KEY),
                        "in 2 hours"),
                Arguments.of(
                        token(HS256, "{\"carillon\":{\"broadcast\":\"*\"}}", KEY),
                        "claim carillon.broadcast: must be a list"),
                Arguments.of(token(HS256, "{\"carillon\":{\"read\":[1]}}", KEY), "must contain only strings"),
                Arguments.of(token(HS256, "{\"carillon\":{\"tenant\":\"a b/c\"}}", KEY), "tenant"),
                Arguments.of(token(HS256, "{\"carillon\":[]}", KEY), "claim carillon"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void wrong_token_is_refused_with_a_reason(String token, String reason) {
        TokenCheck.Result result = check(token);

        assertThat(result.accepted()).isFalse();
        assertThat(String.join("\n", result.lines())).contains(reason).doesNotContain(KEY);
    }

    static Stream<Arguments> doubtful() {
        long end = NOW.getEpochSecond() + 600;
        return Stream.of(
                Arguments.of("{}", "it never expires"),
                Arguments.of("{\"exp\":" + end * 1_000 + "}", "claim exp looks like milliseconds"),
                Arguments.of("{\"exp\":" + end + ",\"broadcast\":[\"*\"]}", "belongs inside of the claim carillon"),
                Arguments.of("{\"exp\":" + end + ",\"publish\":[\"*\"]}", "belongs inside of the claim mercure"),
                Arguments.of(
                        "{\"exp\":" + end + ",\"carillon\":{\"publish\":[\"*\"]}}", "here it is carillon.broadcast"),
                Arguments.of("{\"exp\":" + end + ",\"carillon\":{\"scopes\":[\"*\"]}}", "claim carillon.scopes"),
                Arguments.of(
                        "{\"exp\":" + end + ",\"carillon\":{\"broadcast\":[\"room:7\"]}}",
                        "claim carillon.broadcast: room:7 matches no scope: must be global, system, or"),
                Arguments.of(
                        "{\"exp\":" + end + ",\"carillon\":{\"read\":[\"topics:*\"]}}",
                        "claim carillon.read: topics:* matches no scope"),
                Arguments.of(
                        "{\"exp\":" + end + ",\"carillon\":{\"read\":[\"route:board*\"]}}",
                        "claim carillon.read: route:board* matches no scope: the path of a route must begin with /"));
    }

    @ParameterizedTest
    @MethodSource("doubtful")
    void valid_token_that_is_probably_not_meant_so_has_a_note(String claims, String note) {
        TokenCheck.Result result = check(token(HS256, claims, KEY));

        assertThat(result.accepted()).isTrue();
        assertThat(result.lines()).anyMatch(line -> line.startsWith("note") && line.contains(note));
    }

    @Test
    void selectors_that_match_scopes_have_no_note() {
        String selectors =
                "[\"*\",\"to*\",\"topic:*\",\"topic:room/*\",\"route:*\",\"route:/a*\",\"global\",\"system\",\"user:ann\"]";
        String claims = "{\"exp\":" + (NOW.getEpochSecond() + 600) + ",\"carillon\":{\"read\":" + selectors + "}}";

        assertThat(check(token(HS256, claims, KEY)).lines()).noneMatch(line -> line.startsWith("note"));
    }

    @Test
    void token_that_is_signed_with_the_key_is_not_said_to_be_signed_with_another() {
        String claims = "{\"exp\":" + (NOW.getEpochSecond() - 600) + "}";

        assertThat(check(token(HS256, claims, KEY)).lines()).noneMatch(line -> line.contains("the issuer signs"));
    }

    @Test
    void issuer_and_audience_that_the_nodes_require_are_checked() {
        RequiredClaims required = new RequiredClaims(Optional.of("shop"), Optional.empty());

        assertThat(check(token(HS256, VALID, KEY), required).lines()).anyMatch(line -> line.contains("claim iss"));
    }
}
