package dev.carillon.examples.pages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The dev bar is a matter of development: a node in production has nothing of it. */
class ProductionIT {
    private static final Pattern PAGE = Pattern.compile("\\.(?:page|file)\\(\"(/[^\"]*)\"");
    private static final List<String> DEV =
            List.of("bar.js", "bar.css", "state", "traces", "contexts", "document", "document?context=1", "");

    /** Every path of the examples, as their source has it. */
    private static List<String> paths() throws IOException {
        String source = Files.readString(Path.of("src/main/java/dev/carillon/examples/pages/Examples.java"));
        List<String> paths = PAGE.matcher(source)
                .results()
                .map(path -> path.group(1).replace("{room}", "lobby").replace("{name}", "Counter"))
                .toList();
        assertThat(paths).hasSizeGreaterThan(15);
        return paths;
    }

    private static HttpResponse<String> get(TestCluster cluster, String path) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + "/examples" + path))
                .header("Accept", "text/html")
                .build());
    }

    private static TestCluster cluster(String mode) {
        return new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of("mode", mode), new Examples());
    }

    @Test
    void no_route_of_a_node_in_production_has_anything_of_the_dev_bar() throws IOException {
        try (TestCluster cluster = cluster("production")) {
            assertThat(cluster.node(0).development()).isEmpty();
            for (String path : DEV) {
                assertThat(get(cluster, "/_pages/dev/" + path).statusCode()).isEqualTo(404);
            }
            for (String path : Stream.concat(paths().stream(), Stream.of("/account", "/none"))
                    .toList()) {
                HttpResponse<String> answer = get(cluster, path);
                assertThat(answer.body()).doesNotContain("_pages/dev", "carillon-dev", "dev bar");
                assertThat(answer.headers().map().keySet())
                        .noneMatch(name -> name.contains("dev") || name.contains("trace"));
            }
        }
    }

    @Test
    void same_routes_of_a_node_in_development_have_it() {
        try (TestCluster cluster = cluster("development")) {
            assertThat(get(cluster, "/counter").body()).contains("/examples/_pages/dev/bar.js");
            assertThat(get(cluster, "/_pages/dev/bar.js").statusCode()).isEqualTo(200);
            assertThat(get(cluster, "/_pages/dev/bar.css").statusCode()).isEqualTo(200);
            assertThat(get(cluster, "/_pages/dev/traces").body()).contains("\"kind\":\"page\"");
        }
    }
}
