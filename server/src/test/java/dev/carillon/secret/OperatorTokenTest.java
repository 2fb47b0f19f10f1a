package dev.carillon.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorTokenTest {
    private static final Key<String> KEY = Key.secret("operator-token", "TOKEN", "");
    private static final String TEXT = "0123456789abcdefghijklmnopqrstuv";

    @Test
    void only_the_same_text_matches() {
        OperatorToken token = new OperatorToken(KEY, TEXT);

        assertThat(token.matches(TEXT)).isTrue();
        assertThat(token.matches(TEXT + "w")).isFalse();
        assertThat(token.matches(TEXT.substring(1))).isFalse();
        assertThat(token.matches(TEXT.toUpperCase(java.util.Locale.ROOT))).isFalse();
        assertThat(token.matches("")).isFalse();
        assertThat(token.toString()).doesNotContain(TEXT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0123456789abcdefghijklmnopqrstu",
                "0123456789abcdef 0123456789abcdef",
                "0123456789abcdefghijklmnopqrstu\u00e9"
            })
    void short_texts_and_those_that_no_header_can_hold_are_refused_and_not_shown(String text) {
        assertThatThrownBy(() -> new OperatorToken(KEY, text))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("operator-token: (hidden): ")
                .hasMessageNotContaining(text);
    }
}
