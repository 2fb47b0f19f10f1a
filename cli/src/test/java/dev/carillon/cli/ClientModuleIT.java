package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.carillon.extension.Extension;
import dev.carillon.extension.Response;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code carillon.js} in a browser, as a page imports it from a node. */
@Tag("process")
@Tag("chromium")
class ClientModuleIT {
    private static final String SUBSCRIBE = """
            async () => {
              const {connect} = await import('/carillon.js');
              window.seen = [];
              window.client = connect({topics: ['news']});
              client.on('headline', event => seen.push(event.data));
              const sport = client.subscribe('sport');
              sport.on('message', event => seen.push(event.json().score));
              await sport.ready;
            }
            """;

    @Test
    void page_of_the_documentation_shows_a_live_list_and_parts_of_a_page_share_a_connection() throws IOException {
        String html = example();
        Extension application = services -> {
            services.get("/list", request -> Response.html(html));
            services.get("/orders", request -> Response.json("[{\"id\":\"o-7\",\"status\":\"new\"}]"));
            return () -> {};
        };
        try (TestCluster cluster = new TestCluster("memory://client-module-browser", 2, Map.of(), application);
                Chromium chromium = new Chromium()) {
            // The policy of a page is that of its application.
            Page page = chromium.page(new Browser.NewContextOptions().setBypassCSP(true));
            page.navigate("http://127.0.0.1:" + cluster.node(0).port() + "/list");
            page.waitForFunction("document.getElementById('o-7')?.textContent === 'new'");
            TestCluster.broadcast(
                    cluster.node(1),
                    "{\"scope\":\"topic:orders\",\"type\":\"changed\",\"data\":{\"id\":\"o-7\",\"status\":\"sent\"}}");
            page.waitForFunction("document.getElementById('o-7').textContent === 'sent'");

            page.evaluate(SUBSCRIBE);
            TestCluster.broadcast(cluster.node(1), "{\"scope\":\"topic:news\",\"type\":\"headline\",\"data\":\"one\"}");
            TestCluster.broadcast(cluster.node(1), "{\"scope\":\"topic:sport\",\"data\":{\"score\":\"1:0\"}}");
            page.waitForFunction("seen.length === 2");

            assertThat(page.evaluate("seen")).isEqualTo(List.of("one", "1:0"));
            assertThat(TestCluster.metric(cluster.node(0), "carillon_connections_open"))
                    .as("that of the list, and one for two subscriptions")
                    .isEqualTo(2);
            assertThat(chromium.consoleErrors()).isEmpty();
        }
    }

    private static String example() throws IOException {
        Matcher block = Pattern.compile("(?s)```html\n(<ul id=\"orders\">.*?)```")
                .matcher(Files.readString(Path.of("../docs/client-js.md")));
        assertThat(block.find()).isTrue();
        return "<!DOCTYPE html><title>Orders</title><link rel=\"icon\" href=\"data:,\">" + block.group(1);
    }
}
