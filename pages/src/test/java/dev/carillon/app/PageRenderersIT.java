package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.PageRenderer;
import dev.carillon.page.Signal;
import dev.carillon.page.annotation.LivePage;
import dev.carillon.page.annotation.PageView;
import dev.carillon.scope.Scope;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One application on two nodes, whose pages have different renderers and share a signal. */
class PageRenderersIT {
    private static final PageRenderer DATASTAR = PageRenderer.datastar("/datastar.js");
    private static final String HASH = "sha384-" + "A".repeat(64);
    private static final String EVAL = "'unsafe-eval'";

    private final TestCluster cluster = new TestCluster(
            "memory://" + UUID.randomUUID(),
            2,
            Map.of(),
            Carillon.app(AppOptions.defaults().basePath("/app"))
                    .page("/turbo", PageRenderersIT::counter)
                    .page("/datastar", DATASTAR, PageRenderersIT::counter)
                    .page(Hello.class, DATASTAR)
                    .group(
                            "/group",
                            group -> group.page("/inherits", PageRenderersIT::counter)
                                    .renderer(DATASTAR)
                                    .page("/own", PageRenderer.turbo(), PageRenderersIT::counter)
                                    .group("/inner", inner -> inner.page("/inherits", PageRenderersIT::counter))),
            Carillon.app(AppOptions.defaults().basePath("/other"))
                    .page("/own", PageRenderer.turbo(), PageRenderersIT::counter)
                    .page("/standard", PageRenderersIT::counter)
                    .page(
                            "/checked",
                            PageRenderer.datastar("https://cdn.example/datastar.js", HASH),
                            PageRenderersIT::counter)
                    .renderer(DATASTAR));

    @LivePage("/hello")
    static final class Hello {
        @PageView
        String hello() {
            return "hello";
        }
    }

    private static void counter(Page page) {
        Signal<Integer> count = page.shared(Scope.GLOBAL, "count", 0);
        Signal<Integer> step = page.input("step", 1);
        page.action("add", () -> count.update(n -> n + step.get()));
        page.view(Scope.GLOBAL, "count", count::text);
        page.view("field", () -> "<input " + Page.field(step) + ">");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private Node node(int i) {
        return cluster.node(i);
    }

    private String script(String path) {
        return DatastarTab.load(node(0), path).policy().contains(EVAL) ? "Datastar" : "Turbo";
    }

    @Test
    void page_has_its_own_renderer_or_that_of_what_is_around_it() {
        assertThat(script("/app/turbo")).isEqualTo("Turbo");
        assertThat(script("/app/datastar")).isEqualTo("Datastar");
        assertThat(script("/app/hello")).isEqualTo("Datastar");
        assertThat(script("/app/group/inherits")).isEqualTo("Datastar");
        assertThat(script("/app/group/own")).isEqualTo("Turbo");
        assertThat(script("/app/group/inner/inherits")).isEqualTo("Datastar");
        assertThat(script("/other/own")).isEqualTo("Turbo");
        assertThat(script("/other/standard")).isEqualTo("Datastar");
        assertThat(DatastarTab.load(node(0), "/app/datastar").html())
                .contains(
                        "src=\"/app/datastar.js\"",
                        "data-bind=\"step\"",
                        // Another script and another policy: Turbo must not show it in place of its own page.
                        "<meta name=\"turbo-visit-control\" content=\"reload\">")
                .doesNotContain("turbo-stream");
        assertThat(DatastarTab.load(node(0), "/other/checked").html())
                .contains("src=\"https://cdn.example/datastar.js\" integrity=\"" + HASH
                        + "\" crossorigin=\"anonymous\"></script>");
        assertThat(DatastarTab.load(node(0), "/app/turbo").html())
                .contains("<turbo-stream-source")
                .doesNotContain("data-bind", "datastar");
    }

    @Test
    void change_reaches_each_page_in_its_form_from_any_node() {
        try (PageClient turbo = PageClient.load(node(0), "/app", "/turbo", null).open();
                DatastarTab datastar =
                        DatastarTab.load(node(0), "/app", "/datastar").open(node(0))) {
            turbo.act("add", "step", "2");
            await().untilAsserted(() -> assertThat(turbo.shown("count")).isEqualTo("2"));
            datastar.receives("datastar-patch-elements", "elements <div id=\"count\">2</div>");

            // Of a node that knows neither page.
            assertThat(datastar.post(node(1), "add", "\"step\":3").body())
                    .startsWith("event: datastar-patch-elements\n");
            assertThat(turbo.post(
                                    node(1),
                                    "add",
                                    Map.of("Accept", PageClient.TURBO, "Origin", PageClient.origin(node(1))),
                                    "step",
                                    "4")
                            .body())
                    .startsWith("<turbo-stream ");
            await().untilAsserted(() -> assertThat(turbo.shown("count")).isEqualTo("9"));
            datastar.receives("datastar-patch-elements", "elements <div id=\"count\">9</div>");
            assertThat(datastar.events("datastar-patch-elements")).noneMatch(data -> data.contains("<turbo-stream"));
        }
    }

    @Test
    void stream_of_an_unknown_page_lets_it_load_again() {
        DatastarTab other = DatastarTab.load(node(0), "/app", "/datastar");
        try (PageClient turbo = PageClient.load(node(0), "/app", "/turbo", null)
                        .withContext("A".repeat(22))
                        .open();
                DatastarTab datastar =
                        DatastarTab.load(node(0), "/app", "/datastar").in(other).open(node(0))) {
            await().until(() -> turbo.patches().stream().anyMatch(patch -> patch.contains("action=\"refresh\"")));
            datastar.receives("datastar-patch-elements", "carillon-task=\"reload\"");
        }
    }
}
