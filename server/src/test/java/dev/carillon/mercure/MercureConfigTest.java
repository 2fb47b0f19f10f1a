package dev.carillon.mercure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Settings;
import dev.carillon.jwt.JwksConfig;
import dev.carillon.jwt.JwtConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MercureConfigTest {
    private static final String NODE_KEY = "the node's own key, of 32 bytes.";
    private static final String PUBLISHER_KEY = "the key of those who publish, 64 bytes long, as HS512 needs it..";
    private static final JwtConfig NODE = JwtConfig.of("HS256", NODE_KEY, false);

    @Test
    void default_settings_enable_the_hub_with_the_nodes_key() {
        MercureConfig config = config(Map.of());

        assertThat(config)
                .isEqualTo(new MercureConfig(
                        true,
                        Optional.of(NODE),
                        Optional.of(NODE),
                        false,
                        false,
                        List.of(),
                        false,
                        false,
                        "mercureAuthorization"));
    }

    @Test
    void publishers_and_subscribers_have_separate_settings() {
        MercureConfig config = config(Map.of(
                "mercure-publisher-key", PUBLISHER_KEY,
                "mercure-publisher-alg", "HS512",
                "mercure-subscriber-jwks", "https://issuer.example/keys",
                "mercure-subscriber-alg", "ES256,EdDSA"));

        assertThat(config.publisher()).contains(JwtConfig.of("HS512", PUBLISHER_KEY, false));
        assertThat(config.subscriber()).get().isInstanceOfSatisfying(JwksConfig.class, jwks -> {
            assertThat(jwks.url()).hasToString("https://issuer.example/keys");
            assertThat(jwks.algorithms()).containsExactlyInAnyOrder("ES256", "EdDSA");
        });
    }

    @Test
    void the_reference_hubs_variables_are_understood() {
        MercureConfig config = MercureConfig.of(
                Settings.join(
                        MercureKeys.ALL,
                        Map.of(),
                        Map.of(
                                "MERCURE_PUBLISHER_JWT_KEY", PUBLISHER_KEY,
                                "MERCURE_PUBLISHER_JWT_ALG", "HS384",
                                "MERCURE_SUBSCRIBER_JWT_KEY", PUBLISHER_KEY,
                                "MERCURE_SUBSCRIBER_JWT_ALG", "HS512",
                                "MERCURE_TRANSPORT_URL", "bolt://x",
                                "MERCURE_EXTRA_DIRECTIVES", "anonymous"),
                        Map.of(),
                        List.of()),
                NODE);

        assertThat(config.publisher()).contains(JwtConfig.of("HS384", PUBLISHER_KEY, false));
        assertThat(config.subscriber()).contains(JwtConfig.of("HS512", PUBLISHER_KEY, false));
        MercureConfig byUrl = MercureConfig.of(
                Settings.join(
                        MercureKeys.ALL,
                        Map.of(),
                        Map.of(
                                "MERCURE_PUBLISHER_JWKS_URL", "https://p.example/",
                                "MERCURE_SUBSCRIBER_JWKS_URL", "https://s.example/"),
                        Map.of(),
                        List.of()),
                NODE);
        assertThat(((JwksConfig) byUrl.publisher().orElseThrow()).url()).hasHost("p.example");
        assertThat(((JwksConfig) byUrl.subscriber().orElseThrow()).url()).hasHost("s.example");
    }

    @Test
    void a_key_may_be_in_a_file(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("key"), PUBLISHER_KEY + "\n");
        Path large = Files.write(dir.resolve("large"), new byte[64 * 1024 + 1]);

        assertThat(config(Map.of("mercure-publisher-key-file", file.toString())).publisher())
                .contains(JwtConfig.of("HS256", PUBLISHER_KEY, false));
        assertThatThrownBy(() -> config(Map.of("mercure-publisher-key-file", large.toString())))
                .hasMessage("mercure-publisher-key-file: " + large + ": must be a file of at most 64 KiB");
    }

    @Test
    void a_hub_without_publishing_has_no_publishers() {
        assertThat(config(Map.of("mercure-publish", "off", "mercure-publisher-key", PUBLISHER_KEY))
                        .publisher())
                .isEmpty();
    }

    @Test
    void anonymous_clients_may_subscribe_if_the_node_or_the_hub_allows_it() {
        assertThat(config(Map.of("mercure-anonymous", "true")).anonymous()).isTrue();
        MercureConfig config =
                MercureConfig.of(Settings.of(MercureKeys.ALL, Map.of()), JwtConfig.of("HS256", NODE_KEY, true));
        assertThat(config.anonymous()).isTrue();
        assertThat(config.subscriber()).contains(NODE);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void an_invalid_value_is_named_with_its_rule_and_no_key_is_shown(Map<String, String> flags, String message) {
        assertThatThrownBy(() -> config(flags))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(message)
                .hasMessageNotContaining("sesame");
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of(
                        Map.of("mercure-publisher-key", "sesame"),
                        "mercure-publisher-key: (hidden): must have at least 32 bytes for HS256, but has 6"),
                Arguments.of(
                        Map.of("mercure-subscriber-key", "sesame", "mercure-subscriber-alg", "RS256"),
                        "mercure-subscriber-key: (hidden): must be a public key in PEM"),
                Arguments.of(
                        Map.of("mercure-subscriber-key", PUBLISHER_KEY, "mercure-subscriber-alg", "none"),
                        "mercure-subscriber-alg: none: must be one of HS256, "),
                Arguments.of(
                        Map.of("mercure-subscriber-key", PUBLISHER_KEY, "mercure-subscriber-alg", "HS256,HS384"),
                        "mercure-subscriber-alg: HS256,HS384: must be one algorithm when mercure-subscriber-key or "
                                + "mercure-subscriber-key-file is given"),
                Arguments.of(
                        Map.of("mercure-publisher-alg", "RS256"),
                        "mercure-publisher-alg: RS256: must be given together with mercure-publisher-key or "
                                + "mercure-publisher-key-file or mercure-publisher-jwks"),
                Arguments.of(
                        Map.of("mercure-publisher-key", "sesame", "mercure-publisher-key-file", "/none"),
                        "mercure-publisher-key-file: /none: must not be set together with mercure-publisher-key"),
                Arguments.of(
                        Map.of("mercure-publisher-key-file", "/none"),
                        "mercure-publisher-key-file: /none: must be a readable file of UTF-8 text"),
                Arguments.of(
                        Map.of("mercure-publisher-key", "sesame", "mercure-publisher-jwks", "https://h/"),
                        "mercure-publisher-jwks: (not shown): must not be given together with a key"),
                Arguments.of(
                        Map.of("mercure-publisher-jwks", "http://h/"),
                        "mercure-publisher-jwks: http://h/: must be a URL such as"),
                Arguments.of(
                        Map.of("mercure-publisher-jwks", "https://h/", "mercure-publisher-alg", "HS256"),
                        "mercure-publisher-alg: HS256: must be one of RS256, "),
                Arguments.of(Map.of("mercure", "yes"), "mercure: yes: must be on or off"),
                Arguments.of(Map.of("mercure-publish", "true"), "mercure-publish: true: must be on or off"),
                Arguments.of(Map.of("mercure-ui", "on"), "mercure-ui: on: must be true or false"),
                Arguments.of(
                        Map.of("mercure-publish-origins", "https://a.example,*"),
                        "mercure-publish-origins: *: must be an origin such as"),
                Arguments.of(Map.of("mercure-cookie", "a=b"), "mercure-cookie: a=b: must be 1 to 64 letters"));
    }

    private static MercureConfig config(Map<String, String> flags) {
        return MercureConfig.of(Settings.of(MercureKeys.ALL, flags), NODE);
    }
}
