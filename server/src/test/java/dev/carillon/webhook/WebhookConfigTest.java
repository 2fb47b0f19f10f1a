package dev.carillon.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Settings;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookConfigTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://ann:hunter2@example.com/hook",
                "https://example.com/hook?token=hunter2#a",
                "https://ann:hunter2 @example.com/hook",
                "ftp://ann:hunter2@example.com/hook"
            })
    void refused_url_is_named_without_its_secrets(String url) {
        assertThatThrownBy(() -> WebhookConfig.of(Settings.of(
                        WebhookConfig.KEYS, Map.of("webhook-url", url, "webhook-secret", "a secret of the test"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("webhook-url")
                .hasMessageContaining("(hidden)")
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void text_of_it_does_not_show_the_secret() {
        assertThat(new WebhookConfig(
                        URI.create("https://app.example.com/hook"), "a secret of the test", Duration.ofMinutes(1)))
                .hasToString("WebhookConfig[url=https://app.example.com/hook]");
    }
}
