package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The protocol of Datastar between a tab without a browser and two nodes, one of which fails. */
class DatastarPagesIT {
    private static final String ELEMENTS = "datastar-patch-elements";
    private static final String SIGNALS = "datastar-patch-signals";

    private final List<String> ran = new CopyOnWriteArrayList<>();
    private final FailingNodes failing =
            new FailingNodes(Carillon.app(AppOptions.defaults().actionsPerSecond(5))
                    .datastar("https://scripts.example.com/datastar.js")
                    .script("note", DatastarPagesIT.class, "note.js")
                    .page("/counter", this::counter)
                    .page("/{room}/parts", page -> page.component("cart", this::counter)));
    private final TestCluster cluster = new TestCluster("memory://" + UUID.randomUUID(), 2, Map.of(), failing);

    private void counter(Page page) {
        Signal<Integer> step = page.input("step", 1);
        Signal<String> text = page.input("text", "@get('/x')\"<", SignalType.text(20));
        Signal<Boolean> open = page.input("open", false);
        Signal<Integer> count = page.signal("count", 0);
        Signal<Integer> total = page.shared(page.route(), "total", 0);
        page.action("add", () -> {
            ran.add("add");
            count.update(n -> n + step.get());
            total.update(n -> n + step.get());
            text.set("");
            open.set(true);
        });
        page.action("note", () -> {
            page.script("note", "a \"b\"");
            page.append("list", "<li>\n1</li>");
            page.remove("item-7");
            page.fill(step);
        });
        page.action("leave", () -> page.redirect("/counter?a=1&b=2"));
        page.view("count", () -> count.text() + " of\n" + step.get());
        page.view("fields", () -> "<input " + Page.field(text) + ">");
        page.view(page.route(), "total", total::text);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private Node node(int i) {
        return cluster.node(i);
    }

    private DatastarTab open() {
        return DatastarTab.load(node(0), "/counter").open(node(0));
    }

    private static void ok(HttpResponse<String> answer) {
        assertThat(answer.body()).contains("data: elements <div id=\"carillon-message\"></div>\n\n");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/event-stream; charset=utf-8");
    }

    @Test
    void page_has_its_signals_and_the_attributes_of_datastar() {
        DatastarTab tab = DatastarTab.load(node(0), "/counter");

        assertThat(tab.html())
                .contains(
                        "<script type=\"module\" src=\"https://scripts.example.com/datastar.js\"></script>",
                        "/_pages/datastar-",
                        // No action of Datastar in a text, and no quote that ends the attribute.
                        "&quot;text&quot;:&quot;\\u0040get\\u0028\\u0027\\u002fx\\u0027\\u0029\\&quot;\\u003c&quot;",
                        "&quot;step&quot;:1",
                        "data-bind=\"text\"",
                        "<div id=\"count\">0 of\n1</div>")
                .doesNotContain("turbo-stream", "turbo-prefetch");
        assertThat(tab.policy())
                .contains("script-src 'self' 'unsafe-eval' https://scripts.example.com; ")
                .doesNotContain("unsafe-inline");
    }

    @Test
    void action_has_the_signals_of_its_body_and_changes_arrive_as_events() {
        DatastarTab tab = open();

        HttpResponse<String> answer = tab.post(
                node(0), "add?_id=a1", "\"step\":5,\"text\":\"hello\",\"open\":false,\"_mine\":1,\"other\":{\"x\":[]}");

        ok(answer);
        // What the action has set, whether a stream is open or not.
        assertThat(answer.body()).contains("event: " + SIGNALS + "\ndata: signals {\"open\":true,\"text\":\"\"}\n\n");
        tab.receives(ELEMENTS, "elements <div id=\"count\">5 of\nelements 5</div>");
        tab.receives(ELEMENTS, "elements <div id=\"total\">5</div>");
        tab.receives(SIGNALS, "signals {\"open\":true,\"text\":\"\"}");
        tab.close();
    }

    @Test
    void action_is_run_by_the_node_of_its_page_and_its_signals_come_back() {
        DatastarTab tab = open();

        HttpResponse<String> answer = tab.post(node(1), "add?_id=a1&step=7", "\"step\":1,\"text\":\"hello\"");

        ok(answer);
        // The button has sent the step, which the browser does not keep.
        assertThat(answer.body()).contains("data: signals {\"step\":7,\"text\":\"\"}\n\n");
        tab.receives(ELEMENTS, "<div id=\"count\">7 of\nelements 7</div>");
        tab.close();
    }

    @Test
    void page_of_a_failed_node_goes_on_and_an_action_that_is_sent_again_runs_once() {
        DatastarTab tab = open();
        ok(tab.post(node(0), "add?_id=a1", "\"step\":2,\"text\":\"hello\""));
        tab.receives(ELEMENTS, "<div id=\"count\">2 of");
        failing.cut(node(0));
        tab.open(node(1));

        tab.receives(ELEMENTS, "elements <div id=\"count\">2 of\nelements 2</div>");
        HttpResponse<String> again = tab.post(node(1), "add?_id=a1", "\"step\":2,\"text\":\"hello\"");
        ok(again);
        // The answer of the failed node may have been lost, with what it set.
        assertThat(again.body()).contains("\"text\":\"\"");
        assertThat(ran).containsExactly("add");
        ok(tab.post(node(1), "add?_id=a2", "\"step\":3,\"text\":\"\""));

        tab.receives(ELEMENTS, "<div id=\"count\">5 of\nelements 3</div>");
        tab.receives(ELEMENTS, "<div id=\"total\">5</div>");
        // What the user has typed meanwhile stays.
        assertThat(tab.events(SIGNALS)).allMatch(data -> !data.contains("step"));
        tab.close();
    }

    @Test
    void scripts_fields_and_redirects_are_patches() {
        DatastarTab tab = open();

        ok(tab.post(node(0), "note", ""));

        tab.receives(ELEMENTS, " arguments=\"[&quot;a \\&quot;b\\&quot;&quot;]\" name=\"note\"");
        tab.receives(ELEMENTS, "selector [id=\"list\"]\nmode append\nelements <li>\nelements 1</li>");
        tab.receives(ELEMENTS, "selector [id=\"item-7\"]\nmode remove");
        tab.receives(SIGNALS, "signals {\"step\":1}");
        HttpResponse<String> leave = tab.post(node(0), "leave", "");
        assertThat(leave.statusCode()).isEqualTo(200);
        assertThat(leave.body()).contains("carillon-task=\"visit\" url=\"/counter?a=1&amp;b=2\"");
        tab.close();
    }

    @Test
    void signals_of_components_are_nested() {
        DatastarTab tab = DatastarTab.load(node(0), "/7/parts").open(node(0));
        assertThat(tab.html()).contains("&quot;cart&quot;:{&quot;open&quot;:false,&quot;step&quot;:1,");

        HttpResponse<String> answer = tab.post(node(1), "cart.add", "\"cart\":{\"step\":4,\"text\":\"x\"}");

        ok(answer);
        assertThat(answer.body()).contains("data: signals {\"cart\":{\"text\":\"\"}}");
        tab.receives(ELEMENTS, "<div id=\"cart.count\">4 of");
        tab.close();
    }

    @Test
    void refusals_are_told_in_words() {
        DatastarTab tab = open();
        DatastarTab other = DatastarTab.load(node(0), "/counter");

        HttpResponse<String> wrong = tab.post(node(0), "add", "\"step\":1.5");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body())
                .contains("event: " + ELEMENTS + "\ndata: elements <div id=\"carillon-message\"><p>field")
                .contains("must be a whole number");
        assertThat(tab.send(node(0), "add", "application/json", "{", PageClient.origin(node(0)))
                        .body())
                .contains("signals: must be a JSON object");
        assertThat(tab.post(node(0), "add", "\"text\":\"" + "x".repeat(17_000) + "\"")
                        .statusCode())
                .isEqualTo(413);
        assertThat(tab.post(node(0), "add", "\"text\":\"" + "ä".repeat(4_000) + "\"")
                        .body())
                .contains("also when they are URL-encoded");
        assertThat(tab.send(node(0), "add", "text/plain", "x", PageClient.origin(node(0)))
                        .statusCode())
                .isEqualTo(415);
        assertThat(tab.send(node(0), "add", "application/json", "{}", "https://evil.example")
                        .statusCode())
                .isEqualTo(403);
        HttpResponse<String> foreign = tab.in(other).post(node(0), "add", "");
        assertThat(foreign.statusCode()).isEqualTo(403);
        assertThat(foreign.body()).contains("carillon-task=\"reload\"");
        await().until(() -> tab.post(node(0), "none", "").statusCode() == 429);
        assertThat(ran).isEmpty();
        tab.close();
    }

    @Test
    void other_methods_than_post_run_no_action() {
        DatastarTab tab = open();

        for (String method : List.of("GET", "PUT", "PATCH", "DELETE")) {
            HttpResponse<String> answer = tab.request(node(0), method, "add");
            assertThat(answer.statusCode()).as(method).isEqualTo(405);
            assertThat(answer.headers().firstValue("Allow")).hasValue("POST");
            assertThat(answer.body()).contains("<div id=\"carillon-message\"><p>actions change state", "use @post");
        }
        assertThat(ran).isEmpty();
        tab.close();
    }

    @Test
    void stream_of_an_unknown_page_loads_it_again() {
        DatastarTab tab = DatastarTab.load(node(0), "/counter");
        DatastarTab mallory = tab.in(DatastarTab.load(node(0), "/counter")).open(node(0));

        mallory.receives(ELEMENTS, "carillon-task=\"reload\"");
        mallory.close();
    }
}
