package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.edge.StartWarning;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartWarningsTest {
    /** A proxy behind a load balancer that terminates TLS. */
    private static final String PRODUCTION =
            "host=0.0.0.0 secure-cookie=true trusted-proxies=10.0.0.9/32 node=http://10.0.0.5:8080 streams=5000";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tls-certificate | secure-cookie=false",
                "tls-certificate | host=10.0.0.5 secure-cookie=false",
                "tls-certificate | host=www.example.com secure-cookie=false",
                "trusted-proxies | trusted-proxies=0.0.0.0/0",
                "trusted-proxies | trusted-proxies=::/0",
                "trusted-proxies | trusted-proxies=0.0.0.0/1,128.0.0.0/1",
                "node | node=http://203.0.113.5:8080",
                "node | node=http://[2001:db8::5]:8080",
                "streams-per-address | streams=0 trusted-proxies=",
            })
    void each_risky_setting_causes_one_warning_with_advice(String setting, String settings) {
        assertThat(warnings(settings)).singleElement().satisfies(warning -> {
            assertThat(warning.setting()).isEqualTo(setting);
            assertThat(warning.risk()).isNotBlank().doesNotContain("\n");
            assertThat(warning.advice()).isNotBlank().doesNotContain("\n");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''",
                "node=http://node1.internal:8080",
                "streams=0",
                "trusted-proxies=",
                // The proxy of the command up.
                "host=127.0.0.1 secure-cookie=false node=http://127.0.0.1:8081 streams=0 trusted-proxies=",
                "host=localhost secure-cookie=false node=http://localhost:8081",
            })
    void safe_configuration_has_no_warning(String settings) {
        assertThat(warnings(settings)).isEmpty();
    }

    @Test
    void certificate_needs_no_secure_cookie() {
        ProxyConfig config = config(PRODUCTION + " secure-cookie=false");

        assertThat(StartWarnings.of(config.withTls(new ProxyConfig.TlsFiles(Path.of("certificate"), Path.of("key")))))
                .isEmpty();
    }

    private static List<StartWarning> warnings(String settings) {
        return StartWarnings.of(config(PRODUCTION + " " + settings));
    }

    private static ProxyConfig config(String settings) {
        Map<String, String> given = new HashMap<>();
        Arrays.stream(settings.split(" "))
                .map(entry -> entry.split("=", 2))
                .filter(entry -> entry.length == 2)
                .forEach(entry -> given.put(entry[0], entry[1]));
        String proxies = given.getOrDefault("trusted-proxies", "");
        return new ProxyConfig(
                new ProxyConfig.Listen(given.getOrDefault("host", ""), 8080),
                List.of(URI.create(given.getOrDefault("node", ""))),
                ProxyConfig.Health.DEFAULT,
                ProxyConfig.Limits.DEFAULT.withStreamsPerAddress(Integer.parseInt(given.getOrDefault("streams", ""))),
                proxies.isEmpty() ? List.of() : List.of(proxies.split(",")),
                new ProxyConfig.Cookie(Boolean.parseBoolean(given.get("secure-cookie")), false, "/"),
                Optional.empty(),
                Optional.empty());
    }
}
