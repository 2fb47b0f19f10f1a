package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.extension.Extension;
import dev.carillon.mercure.DebugPage;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiscoveryIT {
    private static final String LINK = "</.well-known/mercure>; rel=\"mercure\"";
    private static final Extension A_PAGE = services -> {
        services.file("/page", DebugPage.class, "debug.html");
        return () -> {};
    };

    @Test
    void every_page_of_the_node_names_the_hub_also_when_it_has_not_changed() {
        try (TestCluster cluster = new TestCluster("memory://discovery", 1, Map.of(), A_PAGE)) {
            HttpResponse<String> page = request(cluster, "GET", "/page", "none");
            String tag = page.headers().firstValue("ETag").orElseThrow();

            assertThat(page.headers().allValues("Link")).containsExactly(LINK);
            assertThat(request(cluster, "HEAD", "/page", "none").headers().allValues("Link"))
                    .containsExactly(LINK);
            HttpResponse<String> same = request(cluster, "GET", "/page", tag);
            assertThat(same.statusCode()).isEqualTo(304);
            assertThat(same.headers().allValues("Link")).containsExactly(LINK);
        }
    }

    @Test
    void a_node_that_is_no_hub_names_none_and_has_no_page_for_it() {
        Map<String, String> off = Map.of("mercure", "off", "mercure-ui", "true");
        try (TestCluster cluster = new TestCluster("memory://no-discovery", 1, off, A_PAGE)) {
            assertThat(request(cluster, "GET", "/page", "none").headers().allValues("Link"))
                    .isEmpty();
            assertThat(request(cluster, "GET", DebugPage.PATH, "none").statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void the_page_for_debugging_is_there_only_where_it_was_asked_for() {
        try (TestCluster cluster = new TestCluster("memory://no-debugging", 1, Map.of())) {
            assertThat(request(cluster, "GET", DebugPage.PATH, "none").statusCode())
                    .isEqualTo(404);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', text/html; charset=utf-8",
        "debug.css, text/css; charset=utf-8",
        "debug.js, text/javascript; charset=utf-8",
        "icon.svg, image/svg+xml"
    })
    void the_page_for_debugging_may_load_nothing_that_is_not_its_own(String file, String type) {
        try (TestCluster cluster = new TestCluster("memory://debugging-" + file, 1, Map.of("mercure-ui", "true"))) {
            HttpResponse<String> answer = request(cluster, "GET", DebugPage.PATH + file, "none");

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type")).hasValue(type);
            assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .contains("default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(answer.headers().allValues("Link")).containsExactly(LINK);
        }
    }

    @Test
    void the_page_for_debugging_is_found_without_its_last_slash() {
        try (TestCluster cluster = new TestCluster("memory://debugging", 1, Map.of("mercure-ui", "true"))) {
            HttpResponse<String> answer = request(cluster, "GET", "/.well-known/mercure/ui", "none");

            assertThat(answer.statusCode()).isEqualTo(308);
            assertThat(answer.headers().firstValue("Location")).hasValue("/.well-known/mercure/ui/");
        }
    }

    private static HttpResponse<String> request(TestCluster cluster, String method, String path, String tag) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .header("If-None-Match", tag)
                .build());
    }
}
