package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.testkit.SseClient;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Actions that must not run: each row of the table is a request, and the page is unchanged after it. */
class RefusalsIT {
    private static final String TRUSTED = "https://partner.example.com";

    private final App app =
            Carillon.app(AppOptions.defaults().actionsPerSecond(1_000)).page("/board", RefusalsIT::board);
    private final App guarded = Carillon.app(
                    AppOptions.defaults().basePath("/guarded").trustedOrigins(TRUSTED))
            .page("/board", RefusalsIT::board);
    private final App slow = Carillon.app(
                    AppOptions.defaults().basePath("/slow").actionsPerSecond(1))
            .page("/board", RefusalsIT::board);
    private final TestCluster cluster =
            new TestCluster("memory://" + UUID.randomUUID(), 2, Map.of(), app, guarded, slow);
    private final Node node = cluster.node(0);

    private static void board(Page page) {
        Signal<Integer> writes = page.shared(page.route(), "writes", 0);
        Signal<String> text = page.input("text", "", SignalType.text(10));
        Signal<Integer> size = page.input("size", 1);
        Signal<Boolean> admin = page.signal("admin", false);
        page.action("write", () -> writes.update(n -> n + 1));
        page.view("own", () -> text.text() + size.text() + admin.text() + "<input " + Page.field(text) + ">");
        page.view(page.route(), "writes", writes::text);
    }

    /** A row: the request, and how it is answered. */
    private record Row(String name, int status, String code, Map<String, String> headers, List<String> fields) {
        Row(String name, int status, String code, Map<String, String> headers, String... fields) {
            this(name, status, code, headers, List.of(fields));
        }
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @TestFactory
    Stream<DynamicTest> action_is_refused() {
        String own = PageClient.origin(node);
        return Stream.of(
                        new Row(
                                "of a page of another site",
                                403,
                                "origin-refused",
                                Map.of("Origin", "https://evil.example")),
                        new Row("of a page without an origin", 403, "origin-refused", Map.of("Origin", "null")),
                        new Row(
                                "of the same host with another scheme",
                                403,
                                "origin-refused",
                                Map.of("Origin", own.replace("http:", "https:"))),
                        new Row(
                                "of an origin that begins like this one",
                                403,
                                "origin-refused",
                                Map.of("Origin", own + ".evil.example")),
                        new Row(
                                "of a cross-site fetch without origin",
                                403,
                                "origin-refused",
                                Map.of("Sec-Fetch-Site", "cross-site")),
                        new Row(
                                "with a body that is no form",
                                415,
                                "unsupported-media-type",
                                Map.of("Content-Type", "text/plain")),
                        new Row("with an undeclared field", 400, "invalid-request", Map.of(), "admins", "true"),
                        new Row(
                                "with a field for a signal that the browser may not write",
                                400,
                                "invalid-request",
                                Map.of(),
                                "admin",
                                "true"),
                        new Row("with a field for a shared signal", 400, "invalid-request", Map.of(), "writes", "9"),
                        new Row("with a repeated field", 400, "invalid-request", Map.of(), "size", "1", "size", "2"),
                        new Row("with a second context", 400, "invalid-request", Map.of(), "_context", "x"),
                        new Row("with a field of another type", 400, "invalid-request", Map.of(), "size", "many"),
                        new Row(
                                "with a field that is too long",
                                400,
                                "invalid-request",
                                Map.of(),
                                "text",
                                "12345678901"),
                        new Row("with control characters", 400, "invalid-request", Map.of(), "text", "a\u0000b"),
                        new Row(
                                "with a form that is too large",
                                413,
                                "too-large",
                                Map.of(),
                                "text",
                                "x".repeat(17_000)),
                        new Row(
                                "with too many fields",
                                400,
                                "invalid-request",
                                Map.of(),
                                IntStream.range(0, 300).mapToObj(i -> "f" + i).toArray(String[]::new)))
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> refused(row)));
    }

    private void refused(Row row) {
        PageClient client = PageClient.load(node, "/board");

        HttpResponse<String> answer =
                client.post(node, "write", row.headers(), row.fields().toArray(String[]::new));

        assertThat(answer.statusCode()).isEqualTo(row.status());
        assertThat(answer.body()).contains("\"code\":\"" + row.code() + "\"");
        unchanged();
    }

    private void unchanged() {
        assertThat(PageClient.load(node, "/board").html())
                .contains("<div id=\"writes\">0</div>")
                .contains("<div id=\"own\">1false<input");
        assertThat(app.statistics().actions()).isZero();
    }

    @Test
    void action_by_get_is_not_allowed() {
        assertThat(PageClient.get(node, "/_pages/action/write", null).statusCode())
                .isEqualTo(405);
        unchanged();
    }

    @Test
    void context_of_another_session_is_refused_on_every_node() {
        PageClient victim = PageClient.load(node, "/board");
        PageClient attacker = PageClient.load(node, "/board");

        for (Node each : cluster.nodes()) {
            HttpResponse<String> answer =
                    PageClient.post(each, "", victim.context(), attacker.cookie(), "write", Map.of());
            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("context-refused");
        }
        // Its own page is loaded again.
        HttpResponse<String> again = PageClient.post(
                node, "", victim.context(), attacker.cookie(), "write", Map.of("Accept", PageClient.TURBO));
        assertThat(again.statusCode()).isEqualTo(403);
        assertThat(again.body()).contains("action=\"refresh\"");
        try (SseClient stream = SseClient.open(
                        node.port(), "/_pages/stream?context=" + victim.context(), Map.of("Cookie", attacker.cookie()))
                .opened()) {
            await().untilAsserted(() -> assertThat(stream.all())
                    .anyMatch(event -> event.data() != null && event.data().contains("action=\"refresh\"")));
        }
        unchanged();
    }

    @Test
    void forged_ids_and_unknown_actions_are_not_found() {
        PageClient client = PageClient.load(node, "/board");
        for (String forged : List.of("", "x", "A".repeat(22), "../../../../etc/passwd", "*", client.context() + "A")) {
            HttpResponse<String> answer = PageClient.post(node, "", forged, client.cookie(), "write", Map.of());
            assertThat(answer.statusCode()).as(forged).isEqualTo(404);
        }
        assertThat(client.post(node, "erase", Map.of()).statusCode()).isEqualTo(404);
        unchanged();
    }

    @Test
    void forged_session_cookie_is_another_session() {
        PageClient client = PageClient.load(node, "/board");
        String forged = client.cookie().substring(0, client.cookie().length() - 4) + "AAAA";

        assertThat(PageClient.post(node, "", client.context(), forged, "write", Map.of())
                        .statusCode())
                .isEqualTo(403);
        unchanged();
    }

    @Test
    void markup_in_input_is_shown_as_text() {
        try (PageClient client = PageClient.load(node, "/board").open()) {
            client.act("write", "text", "\"><b>&'x");

            await().untilAsserted(() -> assertThat(client.shown("own"))
                    .startsWith("&quot;&gt;&lt;b&gt;&amp;&#39;x1false<input ")
                    .endsWith("value=\"&quot;&gt;&lt;b&gt;&amp;&#39;x\">"));
        }
        HttpResponse<String> page = PageClient.get(node, "/board", null);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("script-src 'self';", "base-uri 'none'", "frame-ancestors 'none'");
    }

    @Test
    void with_trusted_origins_the_origin_is_required() {
        PageClient client = PageClient.load(node, "/guarded", "/board", null);

        assertThat(client.post(node, "write", Map.of()).statusCode()).isEqualTo(403);
        assertThat(client.post(node, "write", Map.of("Origin", "https://evil.example"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(client.post(node, "write", Map.of("Origin", TRUSTED)).statusCode())
                .isEqualTo(204);
        assertThat(client.post(node, "write", Map.of("Origin", PageClient.origin(node)))
                        .statusCode())
                .isEqualTo(204);
    }

    @Test
    void without_trusted_origins_clients_that_are_no_browsers_pass() {
        PageClient client = PageClient.load(node, "/board");

        assertThat(client.post(node, "write", Map.of()).statusCode()).isEqualTo(204);
    }

    @Test
    void flood_of_actions_is_refused_with_a_time_to_wait() {
        PageClient client = PageClient.load(node, "/slow", "/board", null);
        List<HttpResponse<String>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            answers.add(client.post(node, "write", Map.of("Accept", PageClient.TURBO)));
        }

        List<HttpResponse<String>> refused =
                answers.stream().filter(a -> a.statusCode() == 429).toList();
        assertThat(refused).isNotEmpty().allSatisfy(a -> {
            assertThat(a.headers().firstValue("Retry-After")).contains("1");
            assertThat(a.body()).contains("carillon-message");
        });
        assertThat(answers.getFirst().statusCode()).isEqualTo(200);
        assertThat(slow.statistics().actions()).isEqualTo(answers.size() - refused.size());
    }
}
