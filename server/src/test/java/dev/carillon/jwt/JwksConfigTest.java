package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.PrintableUrl;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwksConfigTest {
    private static final JwtConfig.Names NAMES = new JwtConfig.Names("the-alg", "the-jwks");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://issuer.example/keys?set=1",
                "https://10.0.0.7:8443/keys",
                "http://127.0.0.1:8080/keys",
                "http://[::1]/keys",
                "http://localhost/keys"
            })
    void url_is_https_or_has_a_loopback_address(String url) {
        assertThat(JwksConfig.of(NAMES, url, List.of()).url()).hasToString(url);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://issuer.example/keys",
                "http://10.0.0.7/keys",
                "http://127.0.0.1.example/keys",
                "http://127.1/keys",
                "http://2130706433/keys",
                "http://0177.0.0.1/keys",
                "ftp://127.0.0.1/keys",
                "file:///etc/keys",
                "/keys",
                "https:///keys",
                "https://issuer.example/keys#x",
                "issuer example"
            })
    void other_urls_are_refused(String url) {
        assertThatThrownBy(() -> JwksConfig.of(NAMES, url, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage(
                        "the-jwks: " + PrintableUrl.of(url)
                                + ": must be a URL such as https://issuer.example.com/jwks.json; http is allowed only for localhost and loopback addresses");
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://user:sesame@issuer.example/keys", "https://user:sesame @issuer.example/"})
    void user_and_password_are_refused_and_not_shown(String url) {
        assertThatThrownBy(() -> JwksConfig.of(NAMES, url, List.of()))
                .hasMessageStartingWith("the-jwks: ")
                .hasMessageContaining("(hidden): must ")
                .hasMessageNotContaining("sesame");
    }

    @Test
    void only_asymmetric_algorithms_are_accepted() {
        String url = "https://issuer.example/keys";

        assertThat(JwksConfig.of(NAMES, url, List.of()).algorithms())
                .containsExactlyInAnyOrderElementsOf(JwksConfig.ALGORITHMS);
        assertThat(JwksConfig.of(NAMES, url, List.of("ES256")).algorithms()).containsExactly("ES256");
        for (String bad : List.of("HS256", "none", "RS1", "es256")) {
            assertThatThrownBy(() -> JwksConfig.of(NAMES, url, List.of("ES256", bad)))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageStartingWith("the-alg: " + bad + ": must be one of RS256, ");
        }
    }
}
