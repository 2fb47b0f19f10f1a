package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.mercure.MercureHub;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class NodeConfigTest {
    private static final String KEY = "0123456789abcdef0123456789abcdef";

    @Test
    void every_default_satisfies_the_rule_of_its_key() {
        assertThat(NodeKeys.ALL)
                .filteredOn(key -> key.defaultValue() != null)
                .hasSizeGreaterThan(40)
                .allSatisfy(key -> assertThat((Object) key.parse(String.valueOf(key.defaultValue())))
                        .isNotNull());
    }

    @Test
    void keys_have_distinct_names_and_include_those_of_the_endpoints() {
        assertThat(NodeKeys.ALL).extracting(Key::name).doesNotHaveDuplicates().contains("port", "mercure-cookie");
        assertThat(NodeKeys.ALL).containsAll(MercureHub.KEYS);
    }

    @Test
    void builder_sets_what_the_flags_set() {
        NodeConfig config = NodeConfig.builder()
                .nodeId("n1")
                .development()
                .port(0)
                .adminPort(0)
                .internalPort(0)
                .broker("memory")
                .jwtKey(KEY)
                .secrets("0123456789abcdef", "fedcba9876543210")
                .anonymous()
                .drain(Duration.ZERO, Duration.ofMillis(1_500))
                .set("max-connections", "7")
                .build();

        assertThat(config.nodeId).isEqualTo("n1");
        assertThat(config.development).isTrue();
        assertThat(config.healthDetail).isTrue();
        assertThat(config.listen.port()).isZero();
        assertThat(config.jwt().anonymous()).isTrue();
        assertThat(config.http.secrets().isRandom()).isFalse();
        assertThat(config.drain).isEqualTo(new DrainConfig(Duration.ZERO, Duration.ofMillis(1_500), 500));
        assertThat(config.limits.maxConnections()).isEqualTo(7);
    }

    @Test
    void builder_has_the_errors_of_the_command_line() {
        assertError(
                "port: 70000: must be a whole number from 0 to 65535",
                NodeConfig.builder().port(70_000));
        assertError(
                "prot: (not shown): is not a setting; see --help",
                NodeConfig.builder().set("prot", "1"));
        assertError(
                "drain-timeout: 7200000ms: must be a duration such as 500ms, 10s, 5m or 1h, from 0s to 1h",
                NodeConfig.builder().jwtKey(KEY).drain(Duration.ZERO, Duration.ofHours(2)));
        assertError(
                "jwt-key: (none): must be given (or --jwt-key-file, or CARILLON_JWT_KEY): it verifies tokens and has no default",
                NodeConfig.builder());
    }

    @Test
    void additional_key_is_checked_like_the_key_and_needs_it() {
        NodeConfig config = NodeConfig.builder()
                .jwtKey(KEY)
                .set("jwt-key-additional", KEY.toUpperCase(Locale.ROOT))
                .build();
        assertThat(config.jwt().additional()).isPresent();

        assertError(
                "jwt-key-additional: (hidden): must have at least 32 bytes for HS256, but has 5",
                NodeConfig.builder().jwtKey(KEY).set("jwt-key-additional", "short"));
        assertError(
                "jwt-key-additional: (hidden): must not be set without jwt-key or jwt-key-file",
                NodeConfig.builder().set("jwt-key-additional", KEY));
        assertError(
                "jwt-key-additional-file: key.txt: must not be set together with jwt-key-additional",
                NodeConfig.builder()
                        .jwtKey(KEY)
                        .set("jwt-key-additional", KEY)
                        .set("jwt-key-additional-file", "key.txt"));
    }

    private static void assertError(String message, NodeConfig.Builder builder) {
        assertThatThrownBy(builder::build).isInstanceOf(ConfigException.class).hasMessage(message);
    }
}
