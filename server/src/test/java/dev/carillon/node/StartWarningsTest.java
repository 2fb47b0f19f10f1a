package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.edge.StartWarning;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartWarningsTest {
    /** As the checklist of docs/platform.md has it. */
    private static final String PRODUCTION =
            "host=10.0.0.5 internal-host=10.0.0.5 secure-cookie=true trusted-proxies=10.0.0.9/32 broker=rediss://carillon:rather-long@redis.internal"
                    + " cors-origins=https://app.example.com anonymous=false";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mode | host=10.0.0.5 mode=development",
                "mode | host=0.0.0.0 mode=development",
                "anonymous | host=0.0.0.0 anonymous=true",
                "anonymous | host=203.0.113.5 anonymous=true",
                "anonymous | host=www.example.com anonymous=true",
                "mercure-anonymous | host=0.0.0.0 mercure-anonymous=true",
                "tls-certificate | host=10.0.0.5 secure-cookie=false",
                "tls-certificate | host=:: secure-cookie=false",
                "h2c | host=0.0.0.0 h2c=true",
                "mercure-ui | host=0.0.0.0 mercure-ui=true",
                "admin-host | admin-host=0.0.0.0",
                "admin-host | admin-host=2001:db8::5",
                "internal-host | internal-host=0.0.0.0 advertise=10.0.0.5",
                "internal-host | internal-host=203.0.113.5",
                "advertise | internal-host=127.0.0.1",
                "advertise | advertise=localhost:7081",
                "secret | broker=memory secret=",
                "operator-token | operator-token=please-change-me-before-the-production",
                "trusted-proxies | trusted-proxies=0.0.0.0/0",
                "trusted-proxies | trusted-proxies=10.0.0.0/8,::/0",
                "trusted-proxies | trusted-proxies=0.0.0.0/1,128.0.0.0/1",
                "cors-origins | cors-origins=http://app.example.com",
                "mercure-publish-origins | mercure-publish-origins=http://app.example.com",
                "mercure-subscriptions | mercure-subscriptions=true mercure-anonymous=true",
                "broker | broker=redis://carillon:rather-long@redis.internal",
                "broker | broker=nats://carillon:rather-long@10.0.0.7",
                "broker | broker=rediss://redis.internal",
                "broker | broker=tls://nats.internal:4222",
                "secret | secret=aaaaaaaaaaaaaaaabbbbbbb",
                "authorizer-key | authorizer=https://app.example.com/authorize authorizer-key=please-change-me-later-on",
                "secret | secret=please-change-me-later-on",
                "jwt-key | jwt-key=!ChangeThisMercureHubJWTSecretKey!",
                "jwt-key | jwt-key-additional=abcabcabcabcabcabcabcabcabcabcabcabc",
                "jwt-key | mercure-publisher-key=abcabcabcabcabcabcabcabcabcabcabcabc",
            })
    void each_risky_setting_is_one_warning_that_says_what_to_do(String setting, String settings) {
        assertThat(warnings(PRODUCTION + " " + settings)).singleElement().satisfies(warning -> {
            assertThat(warning.setting()).isEqualTo(setting);
            assertThat(warning.risk()).isNotBlank().doesNotContain("\n");
            assertThat(warning.advice()).isNotBlank().doesNotContain("\n");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // That of the checklist.
                "''",
                "host=0.0.0.0",
                "internal-host=127.0.0.1 advertise=n1.internal:7081",
                "internal-host=127.0.0.1 broker=redis://127.0.0.1:6379",
                "admin-host=10.0.0.5",
                "admin-host=fd00::5",
                "broker=tls://carillon:rather-long@nats.internal",
                // As a node of up, which is reached by its own machine alone.
                "host=127.0.0.1 mode=development anonymous=true mercure-ui=true secure-cookie=false"
                        + " trusted-proxies=127.0.0.0/8,::1/128 broker=memory",
                "host=localhost mode=development anonymous=true secure-cookie=false h2c=true broker=redis://[::1]:6379",
                "host=127.0.0.1 anonymous=true secure-cookie=false broker=nats://127.0.0.1:4222",
            })
    void sane_configuration_has_no_warning(String settings) {
        assertThat(warnings(PRODUCTION + " " + settings)).isEmpty();
    }

    @Test
    void certificate_needs_no_secure_cookie(@TempDir Path dir) {
        assertThat(warnings(PRODUCTION + " host=0.0.0.0 secure-cookie=false tls-certificate=" + dir.resolve("c")
                        + " tls-key=" + dir.resolve("k")))
                .isEmpty();
    }

    @Test
    void warnings_are_logged_at_the_start() {
        try (WatchedLog log = new WatchedLog();
                Node _ = Node.start(
                        TestCluster.config("n", "memory://start-warnings", Map.of("trusted-proxies", "0.0.0.0/0")))) {
            assertThat(log.warnings())
                    .containsExactly("every client can forge its address, so that limits per address have no effect");
            assertThat(log.pairs())
                    .contains("setting=\"trusted-proxies\" advice=\"list only the networks of your proxies\"");
        }
    }

    private static List<StartWarning> warnings(String settings) {
        Map<String, String> given = new HashMap<>();
        Stream<String> entries = Arrays.stream(settings.split(" ")).filter(entry -> entry.contains("="));
        entries.map(entry -> entry.split("=", 2)).forEach(entry -> given.put(entry[0], entry[1]));
        // Drivers are modules of their own.
        BrokerAddress broker = BrokerAddress.parse(Objects.requireNonNull(given.remove("broker")));
        return StartWarnings.of(TestCluster.config("n", "memory", given), broker);
    }
}
