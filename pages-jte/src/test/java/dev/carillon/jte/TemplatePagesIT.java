package dev.carillon.jte;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A page whose view and layout are templates, on a node. */
class TemplatePagesIT {
    private static final String HOSTILE = "</b><script>alert(1)</script>";

    private final Templates templates = Templates.precompiled(TemplatePagesIT.class);
    private final App app = Carillon.app(AppOptions.defaults()).page("/notes", this::notes);
    private final TestCluster cluster = new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of(), app);
    private final Node node = cluster.node(0);

    private void notes(Page page) {
        Signal<String> text = page.input("text", "");
        Signal<String> second = page.shared(page.route(), "second", "two");
        Action rewrite = page.action("rewrite", () -> second.set(text.get()));
        page.view(
                "notes",
                templates.view(
                        "notes.jte",
                        () -> Map.of("page", page, "notes", new TreeMap<>(Map.of("a", "one", "b", second.get())))));
        page.view("controls", templates.view("controls.jte", () -> Map.of("rewrite", rewrite, "text", text)));
        page.layout(views -> templates.render("layout.jte", Map.of("views", views)));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path));
    }

    @Test
    void only_the_block_that_has_changed_is_sent() {
        HttpResponse<String> page =
                TestCluster.send(request("/notes").header("Accept", "text/html").build());
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        assertThat(page.body())
                .contains("<div id=\"notes.b\"><b>two</b>")
                .contains("name=\"text\" value=\"\"")
                .contains(">Rewrite &lt;all&gt;</button>")
                .contains(
                        "<button form=\"carillon\" formaction=\"/_pages/action/rewrite\" name=\"text\" value=\"now\">");
        String cookie = page.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
        Matcher context =
                Pattern.compile("name=\"_context\" value=\"([^\"]+)\"").matcher(page.body());
        assertThat(context.find()).isTrue();
        try (SseClient stream = SseClient.open(
                        node.port(), "/_pages/stream?context=" + context.group(1), Map.of("Cookie", cookie))
                .opened()) {
            HttpResponse<String> answer = TestCluster.send(request("/_pages/action/rewrite")
                    .header("Cookie", cookie)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString("_context=" + context.group(1) + "&_page=%2Fnotes&text="
                            + URLEncoder.encode(HOSTILE, StandardCharsets.UTF_8)))
                    .build());
            assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);

            await().until(() -> stream.all().stream()
                    .anyMatch(event -> String.valueOf(event.data()).contains("target=\"notes.b\"")));
            List<String> patches = stream.all().stream()
                    .map(event -> String.valueOf(event.data()))
                    .filter(data -> data.contains("target=\"notes.b\""))
                    .toList();
            assertThat(patches).allMatch(data -> !data.contains("<script") && data.contains("&lt;script"));
        }
    }
}
