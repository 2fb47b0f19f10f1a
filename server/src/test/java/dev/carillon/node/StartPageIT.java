package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.extension.Extension;
import dev.carillon.extension.Response;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is at {@code /}. */
class StartPageIT {
    private static final Map<String, String> DEVELOPMENT = Map.of("mode", "development");

    @Test
    void a_browser_gets_a_page_that_may_load_and_reach_nothing_that_is_not_its_own() {
        Extension linking = services -> {
            services.startPageLink("/a?b=1&c=2", "<b>The \"application\"</b>");
            return () -> {};
        };
        try (TestCluster cluster = new TestCluster("memory://start-page", 1, DEVELOPMENT, linking)) {
            HttpResponse<String> page = ask(cluster, "text/html,application/xhtml+xml,*/*;q=0.8");

            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
            assertThat(page.headers().firstValue("Vary").orElseThrow()).contains("Accept");
            assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                    .contains("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(page.body())
                    .contains("<a href=\"/a?b=1&amp;c=2\">&lt;b&gt;The &quot;application&quot;&lt;/b&gt;</a>")
                    .contains("href=\"/_health\"")
                    .doesNotContain("<!-- links -->", "/.well-known/mercure/ui/");
        }
    }

    @Test
    void other_clients_are_answered_as_everywhere_that_there_is_nothing() {
        try (TestCluster cluster = new TestCluster("memory://start-page-json", 1, DEVELOPMENT)) {
            HttpResponse<String> answer = ask(cluster, "*/*");

            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("\"code\":\"not-found\"");
        }
    }

    @Test
    void browser_receives_one_line_in_production() {
        try (TestCluster cluster = new TestCluster("memory://no-start-page", 1, Map.of())) {
            HttpResponse<String> answer = ask(cluster, "text/html");

            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
            assertThat(answer.body()).hasLineCount(1).contains("Carillon");
            assertThat(TestCluster.get(cluster.node(0).port(), "/_start/start.js")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void an_application_may_serve_that_path_itself() {
        Extension own = services -> {
            services.get("/", request -> Response.text("mine"));
            return () -> {};
        };
        try (TestCluster cluster = new TestCluster("memory://own-start-page", 1, DEVELOPMENT, own)) {
            assertThat(ask(cluster, "text/html").body()).isEqualTo("mine");
            assertThat(ask(cluster, "*/*").body()).isEqualTo("mine");
        }
    }

    private static HttpResponse<String> ask(TestCluster cluster, String accept) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + "/"))
                .header("Accept", accept)
                .build());
    }
}
