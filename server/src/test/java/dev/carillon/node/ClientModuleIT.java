package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code /carillon.js} of a node in production mode, below a base path. */
class ClientModuleIT {
    @Test
    void pages_get_the_module_from_the_node_and_keep_it_if_its_address_has_its_hash() throws Exception {
        try (TestCluster cluster = new TestCluster("memory://client-module", 1, Map.of("base-path", "/push"))) {
            String url = "http://127.0.0.1:" + cluster.node(0).port() + "/push/carillon.js";

            HttpResponse<String> plain = get(url);
            String tag = plain.headers().firstValue("ETag").orElseThrow();

            assertThat(plain.body()).isEqualTo(Files.readString(Path.of("../client-js/carillon.js")));
            assertThat(plain.headers().firstValue("Content-Type")).hasValue("text/javascript; charset=utf-8");
            // Scripts of other origins are loaded with CORS.
            assertThat(plain.headers().firstValue("Access-Control-Allow-Origin"))
                    .hasValue("*");
            assertThat(plain.headers().firstValue("Cache-Control")).hasValue("no-cache");
            assertThat(get(url, "If-None-Match", tag).statusCode()).isEqualTo(304);
            assertThat(get(url + "?v=" + tag.replace("\"", "")).headers().firstValue("Cache-Control"))
                    .hasValue("public, max-age=31536000, immutable");
            // A page of another release, during an upgrade: what it gets now must not be kept for that address.
            HttpResponse<String> other = get(url + "?v=0123456789abcdef01234567");
            assertThat(other.body()).isEqualTo(plain.body());
            assertThat(other.headers().firstValue("Cache-Control")).hasValue("no-cache");
        }
    }

    private static HttpResponse<String> get(String url, String... header) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
        if (header.length == 2) {
            request.header(header[0], header[1]);
        }
        return TestCluster.send(request.build());
    }
}
