package dev.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CookiesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "ours=1                        | 1",
                "a=b; ours=1; c=d              | 1",
                "a=b;ours=1;c=d                | 1",
                "ours=1; ours=2                | 1",
                "ours=\u00e9; ours=2          | 2",
                "ours=a b; ours=2              | 2",
                "ours=\"quoted\"             | quoted",
                "ours=a=b==                    | a=b==",
                "name=\u00c3\u00a9; ours=1   | 1",
                "\u00e9; =; ;; \"; a=\"; ours=1; b=\" | 1",
                "b; ours = 1                   | 1",
                "ours=                         | ~~",
            })
    void first_valid_cookie_is_used(String header, String value) {
        assertThat(first(List.of(header))).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"a=b", "ours", "OURS=1", "xours=1", "ours2=1", "a=ours=1", "ours=\u00e9", "ours=\"a"})
    void no_valid_cookie_of_the_name_gives_null(String header) {
        assertThat(first(List.of(header))).isNull();
    }

    @Test
    void all_cookie_headers_are_searched_without_a_limit_of_their_number() {
        assertThat(first(List.of("a=b", "ours=1", "ours=2"))).isEqualTo("1");
        assertThat(first(List.of("a=b; ".repeat(5_000) + "ours=1"))).isEqualTo("1");
        assertThat(first(List.of())).isNull();
    }

    private static @Nullable String first(List<String> lines) {
        HeaderMap headers = new HeaderMap();
        lines.forEach(line -> headers.add(Headers.COOKIE, line));
        return Cookies.first(headers, "ours");
    }
}
