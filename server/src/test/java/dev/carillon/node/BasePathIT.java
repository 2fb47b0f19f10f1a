package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.extension.Cookie;
import dev.carillon.extension.Response;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node below a base path, and one whose pages other sites embed. */
class BasePathIT {
    private static final String BASE = "/my/app";

    private final TestCluster cluster = cluster("mode", "development", "mercure-ui", "true");
    private final Node node = cluster.node(0);

    private static TestCluster cluster(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "base-path",
                BASE,
                "mercure-publisher-key",
                TestCluster.KEY,
                "mercure-subscriber-key",
                TestCluster.KEY,
                "mercure-anonymous",
                "true"));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return new TestCluster("memory://" + UUID.randomUUID(), 1, settings, extension -> {
            extension.get(
                    "/hello/{name}",
                    request -> Response.text(request.path() + " "
                                    + request.pathParameter("name") + " "
                                    + request.session().length() + " "
                                    + extension.basePath())
                            .cookie(Cookie.of("tea", "green")));
            extension.notFound("", request -> Response.html("nothing at " + request.path()));
            return () -> {};
        });
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private HttpResponse<String> get(String path) {
        return TestCluster.get(node.port(), path);
    }

    @Test
    void every_endpoint_is_below_the_base_path_and_nothing_beside_it() {
        try (SseClient stream = SseClient.open(node.port(), BASE + "/events?topic=a", Map.of())
                        .opened();
                SseClient hub = SseClient.open(node.port(), BASE + "/.well-known/mercure?topic=a", Map.of())) {
            HttpResponse<String> sent = TestCluster.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + BASE + "/broadcast"))
                            .header("Authorization", "Bearer " + TestCluster.token())
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"topic:a\",\"data\":\"x\"}"))
                            .build());
            assertThat(sent.statusCode()).as(sent.body()).isEqualTo(200);
            stream.awaitData("x");
            assertThat(hub.status()).contains("200");
        }
        for (String path : List.of(
                "/_health",
                "/history?scope=topic:a",
                "/position?scope=topic:a",
                "/.well-known/mercure/ui/",
                "/_start/start.css")) {
            assertThat(get(BASE + path).statusCode()).as(path).isEqualTo(200);
            assertThat(get(path).statusCode()).as(path).isEqualTo(404);
            assertThat(get("/my/apple" + path).statusCode()).as(path).isEqualTo(404);
            assertThat(get(BASE.replace("app", "%61pp") + path).statusCode())
                    .as(path)
                    .isEqualTo(404);
        }
        assertThat(get(BASE + "/.well-known/mercure/subscriptions").statusCode())
                .isIn(401, 404);
        assertThat(get(BASE + "/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void extension_sees_paths_without_the_base_path_and_cookies_have_it() {
        HttpResponse<String> answer = get(BASE + "/hello/ann");

        assertThat(answer.body()).isEqualTo("/hello/ann ann 22 " + BASE);
        assertThat(answer.headers().allValues("Set-Cookie"))
                .anyMatch(cookie -> cookie.startsWith("carillon_session=") && cookie.contains("; Path=" + BASE + ";"))
                .contains("tea=green; Path=" + BASE + "; HttpOnly; SameSite=Lax");
    }

    @Test
    void pages_of_the_node_link_below_the_base_path() {
        HttpResponse<String> start =
                TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + BASE + "/"))
                        .header("Accept", "text/html")
                        .build());
        assertThat(start.statusCode()).isEqualTo(200);
        assertThat(start.body())
                .contains("href=\"" + BASE + "/_start/start.css\"", "src=\"" + BASE + "/_start/start.js\"")
                .contains("EventSource('" + BASE + "/events")
                .doesNotContain("=\"/_");
        assertThat(start.headers().firstValue("Link")).hasValue("<" + BASE + "/.well-known/mercure>; rel=\"mercure\"");
        assertThat(get(BASE + "/.well-known/mercure/ui").headers().firstValue("Location"))
                .hasValue(BASE + "/.well-known/mercure/ui/");
        assertThat(get(BASE + "/.well-known/mercure/ui/").body())
                .contains("src=\"" + BASE + "/.well-known/mercure/ui/debug.js\"");
    }

    @Test
    void unknown_path_has_the_page_of_the_extension() {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + BASE + "/no/such"));
        assertThat(TestCluster.send(request.copy().header("Accept", "text/html").build())
                        .body())
                .isEqualTo("nothing at /no/such");
        assertThat(TestCluster.send(request.build()).body()).contains("not-found");
    }

    @Test
    void base_path_that_is_no_path_is_refused_at_start() {
        for (String path : List.of(
                "https://example.com/app",
                "//example.com/app",
                "app",
                "/app/",
                "//",
                "/a//b",
                "/../a",
                "/a/.",
                "/a b",
                "/a?b",
                "/a%2fb",
                "\\app",
                "/a;b")) {
            assertThatThrownBy(() -> TestCluster.config("n", "memory", Map.of("base-path", path)))
                    .as(path)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("base-path: ")
                    .hasMessageContaining("must be a path such as /myapp");
        }
    }

    @Test
    void embedding_needs_https_and_sets_cookies_for_frames() {
        assertThatThrownBy(() ->
                        TestCluster.config("n", "memory", Map.of("frame-ancestors", "https://portal.example.com")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("frame-ancestors")
                .hasMessageContaining("HTTPS");
        assertThatThrownBy(() ->
                        TestCluster.config("n", "memory", Map.of("frame-ancestors", "*", "secure-cookie", "true")))
                .isInstanceOf(ConfigException.class);
        try (TestCluster embedded = cluster("frame-ancestors", "https://portal.example.com", "secure-cookie", "true")) {
            assertThat(TestCluster.get(embedded.node(0).port(), BASE + "/hello/ann")
                            .headers()
                            .allValues("Set-Cookie"))
                    .anyMatch(cookie -> cookie.startsWith("__Secure-carillon_session=")
                            && cookie.endsWith("; HttpOnly; SameSite=None; Secure; Partitioned"))
                    .contains("__Secure-tea=green; Path=" + BASE + "; HttpOnly; SameSite=None; Secure; Partitioned");
        }
    }
}
