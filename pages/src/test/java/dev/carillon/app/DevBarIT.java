package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.extension.Development;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two nodes in development mode. */
class DevBarIT {
    private final TestCluster cluster = new TestCluster(
            "memory://" + UUID.randomUUID(),
            2,
            Map.of("mode", "development"),
            Carillon.app(AppOptions.defaults()).page("/shop", DevBarIT::shop));

    private static void shop(Page page) {
        Signal<Integer> stock = page.shared(page.route(), "stock", 5);
        Signal<Integer> basket = page.signal("basket", 0);
        page.action("buy", () -> {
            stock.update(n -> n - 1);
            basket.update(n -> n + 1);
        });
        page.view(page.route(), "stock", () -> "left " + stock.text());
        page.view("basket", () -> "bought " + basket.text());
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static String get(PageClient tab, int port, String path) {
        return TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/_pages/dev/" + path))
                        .header("Cookie", tab.cookie())
                        .build())
                .body();
    }

    @Test
    void trace_of_an_action_has_the_recipients_of_each_node() {
        int port = cluster.node(0).port();
        try (PageClient ann = PageClient.load(cluster.node(0), "/shop").open();
                PageClient _ = PageClient.load(cluster.node(0), "/shop").open();
                PageClient bob = PageClient.load(cluster.node(1), "/shop").open()) {
            ann.act("buy");

            await().untilAsserted(() -> assertThat(bob.shown("stock")).isEqualTo("left 4"));
            await().untilAsserted(() -> assertThat(get(ann, port, "traces?after=0"))
                    .contains("\"name\":\"buy\"")
                    .contains("\"stock of route:/shop\":\"4\"", "\"basket of the tab\":\"1\"")
                    .contains("\"targets\":[\"stock\"]", "\"recipients\":2", "\"FROM_CACHE\"")
                    .containsPattern(
                            "\"elsewhere\":\\[\\{[^]]*\"" + cluster.node(1).id() + "\""));
            await().untilAsserted(() -> assertThat(ann.patches())
                    .anyMatch(patch -> patch.contains("carillon-dev") && patch.contains("\"traces\"")));
        }
    }

    @Test
    void problems_templates_and_files_are_told_to_the_open_pages() {
        Development development = cluster.node(0).development().orElseThrow();
        try (PageClient ann = PageClient.load(cluster.node(0), "/shop").open()) {
            development.problems(List.of(new Development.Problem("Shop.java", 7, "a < b", "x")));
            development.fileChanged("shop.css");
            development.templatesChanged();

            await().untilAsserted(() -> assertThat(String.join("\n", ann.patches()))
                    .contains("\"Shop.java\"", "\"line\":7", "a \\u003c b", "\"shop.css\"", "\"document\""));
            String document = get(ann, cluster.node(0).port(), "document?context=" + ann.context());
            assertThat(document).contains(ann.context(), "bought 0");
            assertThat(get(ann, cluster.node(0).port(), "state")).contains("\"Shop.java\"");
        }
    }

    @Test
    void other_sites_cannot_read_traces() {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + "/_pages/dev/traces"))
                .header("Sec-Fetch-Site", "cross-site")
                .build();

        assertThat(TestCluster.send(request).statusCode()).isEqualTo(404);
    }
}
