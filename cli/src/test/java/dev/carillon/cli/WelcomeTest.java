package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Settings;
import dev.carillon.lab.cluster.Cluster;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WelcomeTest {
    private static final String KEY = "a key of the tests, more than 32 bytes long";
    private static final String OTHER = "another key, which is more than 32 bytes long too";

    @Test
    void one_token_is_for_broadcasts_and_for_the_hub() {
        String text = welcome(Map.of());

        assertThat(text)
                .contains("\n  http://proxy/.well-known/mercure\n")
                .contains("\n  curl http://proxy/.well-known/mercure -H \"Authorization: Bearer $CARILLON_TOKEN\" "
                        + "-d topic=https://example.com/books/1 -d data=hello\n");
        String token = found("export CARILLON_TOKEN=(\\S+)", text);
        assertThat(found("/.well-known/mercure/ui/#token=(\\S+)", text)).isEqualTo(token);
        assertThat(claims(token, KEY).get("mercure"))
                .isEqualTo(Map.of("publish", List.of("*"), "subscribe", List.of("*")));
    }

    @Test
    void the_hub_has_tokens_of_its_own_where_its_publishers_have_another_key() {
        String text = welcome(Map.of("mercure-publisher-key", OTHER));

        String token = found("Bearer ([^$\"]+)\"", text);
        assertThat(claims(token, OTHER).get("mercure"))
                .isEqualTo(Map.of("publish", List.of("*"), "subscribe", List.of("*")));
        assertThat(claims(found("/lightshow/mercure/stage#token=(\\S+)", text), OTHER))
                .containsKey("mercure");
        assertThat(claims(found("export CARILLON_TOKEN=(\\S+)", text), KEY)).containsKey("carillon");
    }

    @Test
    void a_token_that_only_others_can_make_is_left_out() {
        assertThat(welcome(Map.of("mercure-publisher-jwks", "https://issuer.test/keys")))
                .contains("-H \"Authorization: Bearer ...\"")
                .contains("\n  http://proxy/.well-known/mercure/ui/\n")
                .contains("\n  http://proxy/lightshow/mercure/stage\n");
    }

    @Test
    void a_hub_that_is_off_is_not_named() {
        assertThat(welcome(Map.of("mercure", "off")))
                .contains("http://proxy/lightshow/stage#token=")
                .doesNotContain("ercure");
    }

    @Test
    void operators_token_is_shown_where_it_was_made_for_the_run() {
        assertThat(welcome(Map.of(), "made-up"))
                .contains(
                        "\n  export CARILLON_OPERATOR_TOKEN=made-up\n  curl -X DELETE http://127.0.0.1:2/contexts/ID");
        assertThat(welcome(Map.of())).doesNotContain("OPERATOR");
    }

    private static String welcome(Map<String, String> more) {
        return welcome(more, null);
    }

    private static String welcome(Map<String, String> more, @Nullable String operatorToken) {
        Map<String, String> flags = new HashMap<>(Map.of("jwt-key", KEY, "secret", "a secret of the tests"));
        flags.putAll(more);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new Welcome(
                        new PrintStream(bytes, true, StandardCharsets.UTF_8),
                        "http://proxy",
                        NodeConfig.of(Settings.of(NodeKeys.ALL, flags)))
                .print(
                        List.of(new Cluster.Member(
                                new ListenAddresses("n1", "http", "127.0.0.1", 1, "127.0.0.1", 2),
                                OptionalLong.empty())),
                        Optional.ofNullable(operatorToken));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    private static Claims claims(String token, String key) {
        return Jwts.parser()
                .verifyWith(Keys.hmacShaKeyFor(key.getBytes(StandardCharsets.UTF_8)))
                .build()
                .parseSignedClaims(token)
                .getPayload();
    }
}
