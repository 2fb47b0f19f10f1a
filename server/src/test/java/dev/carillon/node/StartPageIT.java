package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.extension.Extension;
import dev.carillon.extension.Response;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
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

    @Test
    void browser_receives_text_and_not_json_where_there_is_nothing() {
        try (TestCluster cluster = new TestCluster("memory://nothing-here", 1, Map.of())) {
            for (int port : List.of(cluster.node(0).port(), cluster.node(0).adminPort())) {
                HttpRequest.Builder request =
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/nothing"));
                HttpResponse<String> browser = TestCluster.send(
                        request.copy().header("Accept", "text/html").build());
                assertThat(browser.statusCode()).isEqualTo(404);
                assertThat(browser.headers().firstValue("Content-Type")).hasValue("text/plain; charset=utf-8");
                assertThat(browser.body()).isEqualTo("Not found: there is nothing at /nothing.\n");
                assertThat(TestCluster.send(request.build()).body()).contains("\"code\":\"not-found\"");
            }
        }
    }

    @Test
    void browser_at_the_admin_port_is_led_to_the_console() {
        try (TestCluster cluster = new TestCluster("memory://admin-start", 1, Map.of())) {
            URI admin = URI.create("http://127.0.0.1:" + cluster.node(0).adminPort() + "/");

            HttpResponse<String> browser = TestCluster.send(
                    HttpRequest.newBuilder(admin).header("Accept", "text/html").build());
            assertThat(browser.statusCode()).isEqualTo(302);
            assertThat(browser.headers().firstValue("Location")).hasValue("/console");
            assertThat(TestCluster.send(HttpRequest.newBuilder(admin).build()).statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void test_event_reaches_the_named_tab_alone() {
        try (TestCluster cluster = new TestCluster("memory://start-page-event", 1, DEVELOPMENT);
                SseClient tab =
                        SseClient.open(cluster.node(0).port(), "/events").opened();
                SseClient other =
                        SseClient.open(cluster.node(0).port(), "/events").opened()) {
            String test = "http://127.0.0.1:" + cluster.node(0).port() + "/_start/test?context=";
            assertThat(post(test + "..").statusCode()).isEqualTo(400);
            assertThat(post(test + "unknown").statusCode()).isEqualTo(204);
            assertThat(post(test + tab.opening("context")).statusCode()).isEqualTo(204);
            tab.awaitData("test");
            assertThat(post(test + other.opening("context")).statusCode()).isEqualTo(204);
            other.awaitData("test");

            assertThat(other.data()).filteredOn("test"::equals).hasSize(1);
        }
    }

    private static HttpResponse<String> post(String url) {
        return TestCluster.send(HttpRequest.newBuilder(URI.create(url))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
    }

    private static HttpResponse<String> ask(TestCluster cluster, String accept) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + "/"))
                .header("Accept", accept)
                .build());
    }
}
