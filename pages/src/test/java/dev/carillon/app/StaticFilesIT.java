package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Static files of a directory and of the class path. */
class StaticFilesIT {
    private static final String CSS = "body { color: teal }\n".repeat(100);
    private static final Instant MODIFIED = Instant.parse("2026-01-02T03:04:05Z");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path directory;

    private TestCluster cluster;
    private Node node;

    @BeforeEach
    void start() throws IOException {
        Path root = Files.createDirectory(directory.resolve("public"));
        write(root.resolve("app.css"), CSS);
        write(root.resolve("small.txt"), "0123456789");
        write(root.resolve("page.html"), "<p>hello</p>");
        write(root.resolve("bundle.js"), "let a = 1;\n".repeat(100));
        write(root.resolve("bundle.js.br"), "as if it were Brotli");
        write(root.resolve(".env"), "secret");
        write(Files.createDirectory(root.resolve(".git")).resolve("config.txt"), "secret");
        write(
                Files.createDirectory(root.resolve("images")).resolve("a.svg"),
                "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
        write(directory.resolve("outside.txt"), "secret");
        Files.createSymbolicLink(root.resolve("out.txt"), directory.resolve("outside.txt"));
        Files.createSymbolicLink(root.resolve("in.txt"), root.resolve("small.txt"));
        App app = Carillon.app(AppOptions.defaults().basePath("/shop"))
                .files("/static", root)
                .files("/java", StaticFilesIT.class, "files")
                .cache("/static/images/**", "public, max-age=60")
                .page("/", page -> page.view("link", () -> page.links().asset("/static/app.css")));
        cluster = new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of(), app);
        node = cluster.node(0);
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setLastModifiedTime(file, FileTime.from(MODIFIED));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private HttpResponse<byte[]> ask(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        return ask("GET", path, headers);
    }

    private static String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static String text(HttpResponse<byte[]> answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    @Test
    void file_is_sent_once_and_then_only_when_it_has_changed() throws Exception {
        HttpResponse<byte[]> first = get("/shop/static/app.css");

        assertThat(text(first)).isEqualTo(CSS);
        assertThat(header(first, "Content-Type")).isEqualTo("text/css; charset=utf-8");
        assertThat(header(first, "Cache-Control")).isEqualTo("no-cache");
        assertThat(header(first, "Last-Modified")).isEqualTo("Fri, 02 Jan 2026 03:04:05 GMT");
        String tag = header(first, "ETag");
        for (String given : List.of(tag, "\"x\", W/" + tag, "*")) {
            HttpResponse<byte[]> same = get("/shop/static/app.css", "If-None-Match", given);
            assertThat(same.statusCode()).as(given).isEqualTo(304);
            assertThat(same.body()).isEmpty();
            assertThat(header(same, "ETag")).isEqualTo(tag);
        }
        assertThat(get("/shop/static/app.css", "If-Modified-Since", "Fri, 02 Jan 2026 03:04:05 GMT")
                        .statusCode())
                .isEqualTo(304);
        assertThat(get("/shop/static/app.css", "If-Modified-Since", "Fri, 02 Jan 2026 03:04:04 GMT")
                        .statusCode())
                .isEqualTo(200);
        assertThat(get(
                                "/shop/static/app.css",
                                "If-Modified-Since",
                                "Fri, 02 Jan 2026 03:04:05 GMT",
                                "If-None-Match",
                                "\"x\"")
                        .statusCode())
                .isEqualTo(200);

        write(directory.resolve("public/app.css"), CSS + "p { margin: 0 }");
        HttpResponse<byte[]> changed = get("/shop/static/app.css", "If-None-Match", tag);
        assertThat(changed.statusCode()).isEqualTo(200);
        assertThat(text(changed)).endsWith("p { margin: 0 }");
    }

    @Test
    void name_with_a_hash_is_immutable_while_it_is_that_of_the_content() throws Exception {
        String page = PageClient.load(node, "/shop", "", null).html();
        String asset = page.substring(page.indexOf("/shop/static/app."), page.indexOf(".css</div>") + 4);

        assertThat(asset).matches("/shop/static/app\\.[0-9a-f]{16}\\.css");
        HttpResponse<byte[]> current = get(asset);
        assertThat(text(current)).isEqualTo(CSS);
        assertThat(header(current, "Cache-Control")).isEqualTo("public, max-age=31536000, immutable");

        write(directory.resolve("public/app.css"), "p { margin: 0 }");
        HttpResponse<byte[]> outdated = get(asset);
        assertThat(text(outdated)).isEqualTo("p { margin: 0 }");
        assertThat(header(outdated, "Cache-Control")).isEqualTo("no-store");
    }

    @Test
    void rule_for_a_path_sets_cache_control() throws Exception {
        HttpResponse<byte[]> image = get("/shop/static/images/a.svg");

        assertThat(header(image, "Cache-Control")).isEqualTo("public, max-age=60");
        assertThat(header(image, "Content-Type")).isEqualTo("image/svg+xml");
        assertThat(header(get("/shop/static/page.html"), "Content-Security-Policy"))
                .contains("default-src 'self'");
    }

    @Test
    void compressed_form_is_sent_to_clients_that_accept_it() throws Exception {
        HttpResponse<byte[]> gzip = get("/shop/static/app.css", "Accept-Encoding", "gzip, deflate");
        assertThat(header(gzip, "Content-Encoding")).isEqualTo("gzip");
        assertThat(header(gzip, "Vary")).contains("Accept-Encoding");
        assertThat(gzip.body().length).isLessThan(CSS.length() / 5);
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip.body()))) {
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(CSS);
        }
        assertThat(get("/shop/static/app.css", "If-None-Match", header(gzip, "ETag"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(header(get("/shop/static/app.css", "Accept-Encoding", "gzip;q=0, br"), "Content-Encoding"))
                .isEmpty();
        assertThat(header(get("/shop/static/small.txt", "Accept-Encoding", "gzip"), "Content-Encoding"))
                .isEmpty();
        write(directory.resolve("public/large.txt"), CSS.repeat(1_000));
        assertThat(header(get("/shop/static/large.txt", "Accept-Encoding", "gzip"), "Content-Encoding"))
                .isEmpty();

        HttpResponse<byte[]> brotli = get("/shop/static/bundle.js", "Accept-Encoding", "gzip, br");
        assertThat(header(brotli, "Content-Encoding")).isEqualTo("br");
        assertThat(header(brotli, "Content-Type")).isEqualTo("text/javascript; charset=utf-8");
        assertThat(text(brotli)).isEqualTo("as if it were Brotli");
        assertThat(header(get("/shop/static/bundle.js", "Accept-Encoding", "gzip"), "Content-Encoding"))
                .isEqualTo("gzip");
    }

    @Test
    void head_has_the_headers_alone_and_a_range_is_a_part() throws Exception {
        HttpResponse<byte[]> head = ask("HEAD", "/shop/static/small.txt");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(header(head, "Content-Length")).isEqualTo("10");
        assertThat(head.body()).isEmpty();
        assertThat(ask("POST", "/shop/static/small.txt").statusCode()).isEqualTo(405);

        assertRange("bytes=2-4", 206, "234", "bytes 2-4/10");
        assertRange("bytes=7-", 206, "789", "bytes 7-9/10");
        assertRange("bytes=-2", 206, "89", "bytes 8-9/10");
        assertRange("bytes=8-99", 206, "89", "bytes 8-9/10");
        assertRange("bytes=10-", 416, "", "bytes */10");
        assertRange("bytes=4-2", 200, "0123456789", "");
        assertRange("bytes=0-1,3-4", 200, "0123456789", "");
        assertThat(ask("HEAD", "/shop/static/small.txt", "Range", "bytes=2-4").statusCode())
                .isEqualTo(200);
        String tag = header(head, "ETag");
        assertThat(get("/shop/static/small.txt", "Range", "bytes=0-1", "If-Range", tag)
                        .statusCode())
                .isEqualTo(206);
        assertThat(get("/shop/static/small.txt", "Range", "bytes=0-1", "If-Range", "\"x\"")
                        .statusCode())
                .isEqualTo(200);
    }

    private void assertRange(String range, int status, String body, String contentRange) throws Exception {
        HttpResponse<byte[]> answer = get("/shop/static/small.txt", "Range", range);
        assertThat(answer.statusCode()).as(range).isEqualTo(status);
        assertThat(text(answer)).isEqualTo(body);
        assertThat(header(answer, "Content-Range")).isEqualTo(contentRange);
    }

    @Test
    void nothing_outside_the_directory_and_nothing_hidden_is_served() throws Exception {
        assertThat(text(get("/shop/static/in.txt"))).isEqualTo("0123456789");
        for (String path : List.of(
                ".env",
                ".git/config.txt",
                "../outside.txt",
                "%2e%2e/outside.txt",
                "..%2foutside.txt",
                "images/..%2f..%2foutside.txt",
                "%5c..%5coutside.txt",
                "out.txt",
                "images",
                "images/",
                "",
                "app.css%00.txt",
                "app.css/x",
                "%C3%A4".repeat(200),
                "/etc/passwd",
                "%2fetc%2fpasswd")) {
            HttpResponse<byte[]> answer = get("/shop/static/" + path);
            assertThat(answer.statusCode()).as(path).isIn(400, 404);
            assertThat(text(answer)).doesNotContain("secret");
        }
    }

    @Test
    void folder_of_the_class_path_is_served() throws Exception {
        assertThat(text(get("/shop/java/hello.txt"))).isEqualTo("hello from the class path\n");
        for (String path :
                List.of("", "sub", "sub.d", "nothing.txt", "../StaticFilesIT.class", "..%2fStaticFilesIT.class")) {
            assertThat(get("/shop/java/" + path).statusCode()).as(path).isEqualTo(404);
        }
    }

    @Test
    void asset_that_does_not_exist_is_an_error_of_the_page() {
        App app = Carillon.app(AppOptions.defaults());

        assertThatThrownBy(() -> app.files("/x", directory.resolve("nothing")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> app.files("x", directory)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> app.cache("/x/[", "no-cache")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> app.cache("/x", "no\r\ncache")).isInstanceOf(IllegalArgumentException.class);
    }
}
