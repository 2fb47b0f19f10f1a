package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.Chromium;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real browser's EventSource, by itself, before a proxy that has no node left. */
@Tag("process")
@Tag("chromium")
class BrowserStreamIT {
    private static final String LISTEN = """
            () => {
              window.seen = [];
              window.errors = 0;
              window.gaveUp = false;
              const source = new EventSource('/events?route=/a');
              source.addEventListener('carillon.open', () => seen.push('open'));
              source.onmessage = event => seen.push(event.data);
              source.onerror = () => {
                errors++;
                gaveUp ||= source.readyState === EventSource.CLOSED;
              };
            }
            """;

    @Test
    void browser_reconnects_by_itself_when_a_node_serves_again() throws InterruptedException {
        try (TestCluster cluster = new TestCluster("memory://browser-stream", 1, Map.of());
                StickyProxy proxy = StickyProxy.start(ProxyConfig.of(
                        List.of(URI.create("http://127.0.0.1:" + cluster.node(0).port()))));
                Chromium chromium = new Chromium()) {
            int port = cluster.node(0).port();
            Page page = chromium.page(400, 300);
            page.navigate("http://127.0.0.1:" + proxy.port() + "/_health");
            page.evaluate(LISTEN);
            page.waitForFunction("seen.length === 1");

            cluster.node(0).close();
            // The end of its stream, and at least two refusals.
            page.waitForFunction("errors >= 3");
            assertThat(page.evaluate("gaveUp")).isEqualTo(false);
            try (Node again = Node.start(
                    TestCluster.config("again", "memory://browser-stream", Map.of("port", Integer.toString(port))))) {
                page.waitForFunction("seen.length === 2");
                TestCluster.broadcast(again, "{\"scope\":\"route:/a\",\"data\":\"back\"}");
                page.waitForFunction("seen.length === 3");
            }

            assertThat(page.evaluate("seen")).isEqualTo(List.of("open", "open", "back"));
            assertThat(page.evaluate("gaveUp")).isEqualTo(false);
        }
    }
}
