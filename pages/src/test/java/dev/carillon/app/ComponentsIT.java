package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages of components, on two nodes. */
class ComponentsIT {
    private final AtomicReference<RuntimeException> refused = new AtomicReference<>();
    private final App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
            .page("/two", ComponentsIT::two)
            .page("/rows", ComponentsIT::rows)
            .page("/same", page -> {
                page.component("left", ComponentsIT::counter);
                try {
                    page.component("left", ComponentsIT::counter);
                } catch (IllegalArgumentException e) {
                    refused.set(e);
                }
            });
    private final TestCluster cluster = new TestCluster("memory://" + UUID.randomUUID(), 2, Map.of(), app);

    private static void two(Page page) {
        page.view("head", () -> "both");
        page.component("left", ComponentsIT::counter);
        page.component("right", right -> right.component("inner", ComponentsIT::counter));
        page.layout(views -> "<main>" + views.view("right") + views.view("head") + views.view("left") + "</main>");
    }

    private static void counter(Page page) {
        Signal<Integer> step = page.input("step", 1);
        Signal<Integer> count = page.shared(page.route(), "count", 0);
        Action add = page.action("add", () -> count.update(n -> n + step.get()));
        page.view(page.route(), "count", () -> count.text() + " " + count.name());
        page.view("form", () -> "<input " + Page.field(step) + ">" + add.button("Add"));
        page.layout(views -> "<section>" + views.view("count") + views.view("form") + "</section>");
    }

    /** A view of blocks, of which an action changes one. */
    private static void rows(Page page) {
        Signal<Integer> first = page.signal("first", 0);
        Signal<Integer> second = page.signal("second", 0);
        page.action("first", () -> first.update(n -> n + 1));
        page.action("second", () -> second.update(n -> n + 1));
        page.view(
                "rows",
                () -> "<ul>" + page.block("row-1", () -> "one " + first.text())
                        + page.block("row-2", () -> "two " + second.text()) + "</ul>"
                        + (second.get() > 1 ? "!" : ""));
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static void shows(PageClient client, String view, String html) {
        await().untilAsserted(() -> assertThat(client.shown(view)).isEqualTo(html));
    }

    @Test
    void components_of_one_kind_have_names_signals_and_actions_of_their_own() {
        try (PageClient ann = PageClient.load(cluster.node(0), "/two").open();
                PageClient bob = PageClient.load(cluster.node(1), "/two").open()) {
            assertThat(ann.html())
                    .contains("<main><section><div id=\"right.inner.count\">0 right.inner.count</div>"
                            + "<div id=\"right.inner.form\"><input form=\"carillon\" id=\"field-right.inner.step\" "
                            + "name=\"right.inner.step\" value=\"1\">")
                    .contains("<div id=\"head\">both</div><section><div id=\"left.count\">");

            ann.act("right.inner.add", "right.inner.step", "5");
            ann.act("left.add");

            shows(bob, "right.inner.count", "5 right.inner.count");
            shows(bob, "left.count", "1 left.count");
            shows(ann, "left.count", "1 left.count");
        }
    }

    @Test
    void component_of_a_name_that_is_taken_is_refused() {
        PageClient _ = PageClient.load(cluster.node(0), "/same");

        assertThat(refused.get()).hasMessageContaining("\"left\" is declared twice");
    }

    @Test
    void only_the_changed_block_of_a_view_is_sent() {
        try (PageClient ann = PageClient.load(cluster.node(0), "/rows").open()) {
            ann.act("first");
            shows(ann, "rows.row-1", "one 1");
            ann.act("second");
            shows(ann, "rows.row-2", "two 1");
            assertThat(ann.shown("rows")).as("the whole view").isNull();

            // More than the block changes.
            ann.act("second");
            shows(ann, "rows", "<ul><div id=\"rows.row-1\">one 1</div><div id=\"rows.row-2\">two 2</div></ul>!");
        }
    }

    @Test
    void stream_that_opens_late_gets_the_whole_view_with_its_blocks() {
        PageClient late = PageClient.load(cluster.node(0), "/rows");
        late.act("first");
        try (PageClient open = late.open()) {
            shows(open, "rows", "<ul><div id=\"rows.row-1\">one 1</div><div id=\"rows.row-2\">two 0</div></ul>");
        }
    }
}
