package dev.carillon.app;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Signal;
import dev.carillon.testkit.Chromium;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Scripts, fields and other patches that no view causes. */
class ScriptsIT {
    private static final String MARKUP = "</template><b>\"&'";

    private final AtomicReference<@Nullable RuntimeException> refused = new AtomicReference<>();
    private final App app = Carillon.app(AppOptions.defaults().basePath("/base").actionsPerSecond(1_000))
            .script("note", ScriptsIT.class, "note.js")
            .script("first", ScriptsIT.class, "first.js")
            .page("/lab", this::lab);
    private final TestCluster cluster = new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of(), app);

    private void lab(dev.carillon.page.Page page) {
        Signal<String> text = page.input("text", "first");
        Signal<Boolean> agreed = page.input("agreed", false);
        Signal<Integer> count = page.signal("count", 0);
        Action run = page.action("run", () -> {
            page.script("note", "target", Arrays.asList(1, MARKUP, null));
            count.update(n -> n + 1);
        });
        Action fill = page.action("fill", () -> {
            text.set("by the server");
            agreed.set(true);
            page.fill(text, agreed);
        });
        Action list = page.action("list", () -> {
            page.append("list", "<li id=\"item-1\">one</li><li id=\"item-2\">two</li>");
            page.remove("item-1");
        });
        page.action("rows", () -> {
            for (int i = 0; i < 100; i++) {
                page.append("list", "<li>row</li>");
            }
            count.update(n -> n + 1);
        });
        Action two = page.action("two", () -> {
            page.script("first", "target");
            page.script("note", "target", List.of());
            count.update(n -> n + 1);
        });
        page.action("large", () -> page.append("list", "a".repeat(300 * 1024)));
        page.action("unknown", () -> {
            try {
                page.script("other");
            } catch (IllegalArgumentException e) {
                refused.set(e);
            }
        });
        page.view("count", () -> "count " + count.text());
        page.layout(views -> views.all() + "<p id=\"target\"></p><ul id=\"list\"></ul><input "
                + dev.carillon.page.Page.field(text) + "><input type=\"checkbox\" form=\"carillon\" name=\"agreed\">"
                + run.button("Run") + fill.button("Fill") + list.button("List")
                + two.button("Two"));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private PageClient tab() {
        return PageClient.load(cluster.node(0), "/base", "/lab", null);
    }

    @Test
    void script_is_sent_after_the_changed_views_in_the_same_event_and_its_arguments_are_no_markup() {
        try (PageClient ann = tab().open()) {
            ann.act("run");

            await().untilAsserted(() -> assertThat(ann.patches())
                    .containsExactly(
                            "<turbo-stream action=\"update\" method=\"morph\" target=\"count\"><template>count 1"
                                    + "</template></turbo-stream><turbo-stream action=\"carillon-script\" name=\"note\"><template>"
                                    + "[\"target\",[1,\"\\u003c/template\\u003e\\u003cb\\u003e\\\"\\u0026'\",null]]"
                                    + "</template></turbo-stream>"));
        }
    }

    @Test
    void only_scripts_of_the_application_can_be_run_and_are_served() {
        PageClient ann = tab();
        ann.act("unknown");
        assertThat(refused.get()).hasMessageContaining("no script \"other\", but [");

        HttpResponse<String> script = PageClient.get(cluster.node(0), "/base/_pages/script/note.js", null);
        assertThat(script.statusCode()).isEqualTo(200);
        assertThat(script.headers().firstValue("Content-Type")).contains("text/javascript; charset=utf-8");
        assertThat(PageClient.get(cluster.node(0), "/base/_pages/script/other.js", null)
                        .statusCode())
                .isEqualTo(404);
        assertThatThrownBy(() -> Carillon.app(AppOptions.defaults()).script("../x", ScriptsIT.class, "note.js"))
                .hasMessageContaining("script ../x");
    }

    @Test
    void patches_wait_for_a_stream_and_the_latest_are_kept() {
        PageClient ann = tab();
        for (int i = 0; i < 50; i++) {
            ann.act("list");
        }

        try (PageClient open = ann.open()) {
            await().untilAsserted(() -> assertThat(open.patches()).hasSize(1));
            assertThat(open.patches().getFirst().split("action=\"append\"", -1)).hasSize(33);
            ann.act("run");
            await().untilAsserted(() -> assertThat(open.shown("count")).isEqualTo("count 1"));
            assertThat(open.patches()).hasSize(2);
        }
    }

    @Test
    void every_patch_of_an_action_reaches_an_open_stream() {
        try (PageClient ann = tab().open()) {
            ann.act("rows");

            await().untilAsserted(() -> assertThat(ann.shown("count")).isEqualTo("count 1"));
            assertThat(String.join("", ann.patches()).split("action=\"append\"", -1))
                    .hasSize(101);
        }
    }

    @Test
    void patch_that_is_larger_than_an_event_is_refused() {
        try (PageClient ann = tab().open()) {
            assertThat(ann.post(
                                    cluster.node(0),
                                    "large",
                                    Map.of("Accept", PageClient.TURBO, "Origin", PageClient.origin(cluster.node(0))))
                            .body())
                    .contains("a patch must have at most");
            ann.act("run");
            await().untilAsserted(() -> assertThat(ann.shown("count")).isEqualTo("count 1"));
            assertThat(ann.patches()).noneMatch(patch -> patch.contains("refresh"));
        }
    }

    @Test
    void head_of_a_stream_does_not_end_that_of_the_tab() {
        try (PageClient ann = tab().open()) {
            String url = "http://127.0.0.1:" + cluster.node(0).port() + "/base/_pages/stream?context=" + ann.context();
            HttpResponse<String> head = TestCluster.send(HttpRequest.newBuilder(URI.create(url))
                    .header("Cookie", ann.cookie())
                    .HEAD()
                    .build());
            ann.act("run");

            assertThat(head.statusCode()).isEqualTo(200);
            await().untilAsserted(() -> assertThat(ann.shown("count")).isEqualTo("count 1"));
            assertThat(ann.patches()).noneMatch(patch -> patch.contains("refresh"));
        }
    }

    @Test
    @Tag("process")
    @Tag("chromium")
    void browser_runs_scripts_fills_fields_and_changes_lists_under_the_content_security_policy() {
        try (Chromium chromium = new Chromium()) {
            Page page = chromium.page(800, 600);
            page.navigate("http://127.0.0.1:" + cluster.node(0).port() + "/base/lab");
            page.evaluate("document.addEventListener('carillon:signals', e => window.signals = e.detail)");
            page.fill("#field-text", "by the user");

            page.click("text=Run");
            assertThat(page.locator("#target")).hasAttribute("data-note", "[1,\"</template><b>\\\"&'\",null]");

            page.click("text=Fill");
            assertThat(page.locator("#field-text")).hasValue("by the server");
            assertThat(page.isChecked("input[name=agreed]")).isTrue();
            assertThat(page.evaluate("JSON.stringify([window.signals.text, window.signals.agreed])"))
                    .isEqualTo("[\"by the server\",\"true\"]");

            page.click("text=List");
            assertThat(page.locator("#list")).hasText("two");

            // As markup that was injected would be: no other file is loaded, and nothing else runs.
            List<String> requests = new CopyOnWriteArrayList<>();
            page.onRequest(request -> requests.add(request.url()));
            page.evaluate("document.body.insertAdjacentHTML('beforeend', '<turbo-stream action=\"carillon-script\" "
                    + "name=\"../../evil\"><template>[]</template></turbo-stream><p id=\"after\"></p>')");
            page.click("text=Run");
            assertThat(page.locator("#count")).hasText("count 2");
            assertThat(requests).noneMatch(url -> url.contains("evil"));
            assertThat(chromium.consoleErrors()).isEmpty();
        }
    }

    @Test
    @Tag("process")
    @Tag("chromium")
    void scripts_begin_in_their_order_although_the_first_loads_slowly() {
        try (Chromium chromium = new Chromium()) {
            Page page = chromium.page(800, 600);
            AtomicReference<@Nullable Route> slow = new AtomicReference<>();
            page.route("**/first.js", slow::set);
            page.navigate("http://127.0.0.1:" + cluster.node(0).port() + "/base/lab");
            page.click("text=Run");
            assertThat(page.locator("#target")).hasAttribute("data-note", "[1,\"</template><b>\\\"&'\",null]");

            page.click("text=Two");
            page.waitForCondition(() -> slow.get() != null);
            assertThat(page.locator("#count")).hasText("count 2");
            Objects.requireNonNull(slow.get()).resume();

            // Both set the attribute.
            assertThat(page.locator("#target")).hasAttribute("data-first", "[1,\"</template><b>\\\"&'\",null]");
            assertThat(page.locator("#target")).hasAttribute("data-note", "[]");
        }
    }
}
