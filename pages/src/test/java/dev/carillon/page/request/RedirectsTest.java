package dev.carillon.page.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectsTest {
    private final Redirects redirects = new Redirects("/app", List.of("https://login.example.com"));

    @Test
    void own_paths_get_the_base_path_and_named_origins_stay() {
        assertThat(redirects.url("/")).isEqualTo("/app/");
        assertThat(redirects.url("/a?b=c#d")).isEqualTo("/app/a?b=c#d");
        assertThat(redirects.url("/\u00e9")).isEqualTo("/app/%C3%A9");
        assertThat(redirects.url("https://login.example.com/x?y")).isEqualTo("https://login.example.com/x?y");
        assertThat(redirects.isForeign("https://login.example.com/")).isTrue();
        assertThat(redirects.isForeign("/a")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "//evil.example",
                "///evil.example",
                "/\\evil.example",
                "\\\\evil.example",
                "https://evil.example",
                "http://login.example.com",
                "https://login.example.com.evil.example",
                "https://login.example.com:444",
                "https://login.example.com@evil.example",
                "https://user@login.example.com",
                "https:login.example.com",
                "javascript:alert(1)",
                "/a\r\nSet-Cookie: x",
                "/a b"
            })
    void any_other_place_is_refused(String target) {
        assertThatThrownBy(() -> redirects.url(target)).isInstanceOf(IllegalArgumentException.class);
    }
}
