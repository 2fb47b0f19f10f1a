package dev.carillon.examples.lightshow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PagesIT {
    private static final TestCluster CLUSTER =
            new TestCluster("memory://lightshow-pages", 1, Map.of(), new Lightshow());
    /** What a page or a script loads. */
    private static final Pattern LOADED = Pattern.compile("(?:src=|href=|from )[\"']([^\"']+)[\"']");

    @AfterAll
    static void close() {
        CLUSTER.close();
    }

    @ParameterizedTest
    @CsvSource({
        "/lightshow, text/html; charset=utf-8",
        "/lightshow/stage, text/html; charset=utf-8",
        "/lightshow/phone.css, text/css; charset=utf-8",
        "/lightshow/stage.js, text/javascript; charset=utf-8",
        "/lightshow/icon.svg, image/svg+xml",
        "/lightshow/mercure, text/html; charset=utf-8",
        "/lightshow/mercure/stage.js, text/javascript; charset=utf-8"
    })
    void a_file_has_its_type_and_is_not_sent_again_while_it_is_the_same(String path, String type) {
        HttpResponse<String> first = get(path, "none");
        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.headers().firstValue("Content-Type")).hasValue(type);
        assertThat(first.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");

        HttpResponse<String> again =
                get(path, first.headers().firstValue("ETag").orElseThrow());
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/lightshow",
                "/lightshow/stage",
                "/lightshow/phone.js",
                "/lightshow/stage.js",
                "/lightshow/mercure",
                "/lightshow/mercure/phone",
                "/lightshow/mercure/stage"
            })
    void everything_that_is_loaded_is_there(String path) {
        assertThat(LOADED.matcher(get(path, "none").body()).results().map(MatchResult::group))
                .isNotEmpty();
        assertThat(LOADED.matcher(get(path, "none").body()).results().map(found -> found.group(1)))
                .allSatisfy(file -> assertThat(
                                get(URI.create(path).resolve(file).toString(), "none")
                                        .statusCode())
                        .isEqualTo(200));
    }

    @Test
    void the_pages_and_the_server_have_the_same_groups() throws IOException {
        try (InputStream in = Objects.requireNonNull(Lightshow.class.getResourceAsStream("groups.js"))) {
            String script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(Pattern.compile("name: '([^']+)'")
                            .matcher(script)
                            .results()
                            .map(name -> "lightshow/" + name.group(1)))
                    .containsExactlyElementsOf(PhonesHandler.TOPICS);
        }
    }

    /** They are to be read in a minute, and copied. */
    @Test
    void the_scripts_that_show_that_mercure_is_enough_are_short_and_name_nothing_else() throws IOException {
        long lines = 0;
        for (String file : List.of("mercure/phone.js", "mercure/stage.js")) {
            try (InputStream in = Objects.requireNonNull(Lightshow.class.getResourceAsStream(file))) {
                String script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                lines += script.lines().count();
                assertThat(script).doesNotContain("import ", "/events", "/broadcast", "carillon.");
            }
        }
        assertThat(lines).isLessThanOrEqualTo(45);
    }

    private static HttpResponse<String> get(String path, String tag) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + CLUSTER.node(0).port() + path))
                .header("If-None-Match", tag)
                .build());
    }
}
