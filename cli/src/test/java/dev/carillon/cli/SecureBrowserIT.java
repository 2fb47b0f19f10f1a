package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.TestCertificate;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real browser at a node with TLS: more streams than HTTP/1.1 would let it have, on one connection. */
@Tag("process")
@Tag("chromium")
class SecureBrowserIT {
    private static final int STREAMS = 12;
    private static final int EVENTS = 200;
    private static final String LISTEN = """
            count => {
              window.opened = 0;
              window.seen = [];
              window.sources = [];
              for (let i = 0; i < count; i++) {
                const data = [];
                seen.push(data);
                const source = new EventSource('/events?route=/a&topic=t' + i);
                source.addEventListener('carillon.open', () => opened++);
                source.onmessage = event => data.push(event.data);
                sources.push(source);
              }
            }
            """;
    private static final String PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol";

    @Test
    void many_event_sources_of_one_page_each_have_all_events_in_order_over_http_2(@TempDir Path dir) throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "node", "EC");
        try (TestCluster secure = new TestCluster("memory://secure-browser", 1, certificate.settings());
                TestCluster plain = new TestCluster("memory://secure-browser", 1, Map.of());
                Chromium chromium = new Chromium()) {
            // The page is no page of an application: its policy forbids it to load anything.
            Page page = chromium.page(new Browser.NewContextOptions()
                    .setIgnoreHTTPSErrors(true)
                    .setBypassCSP(true)
                    .setViewportSize(400, 300));
            page.navigate("https://127.0.0.1:" + secure.node(0).port() + "/_health");
            page.evaluate(LISTEN, STREAMS);
            page.waitForFunction("opened === " + STREAMS);

            for (int i = 0; i < EVENTS; i++) {
                TestCluster.broadcast(plain.node(0), "{\"scope\":\"route:/a\",\"data\":\"" + i + "\"}");
            }
            page.waitForFunction("seen.every(data => data.length === " + EVENTS + ")");

            List<String> expected =
                    IntStream.range(0, EVENTS).mapToObj(Integer::toString).toList();
            for (int i = 0; i < STREAMS; i++) {
                assertThat(page.evaluate("seen[" + i + "]")).isEqualTo(expected);
            }
            assertThat(page.evaluate(PROTOCOL)).isEqualTo("h2");
            assertThat(page.evaluate("document.cookie")).isEqualTo("");
            page.evaluate("sources.slice(1).forEach(source => source.close())");
            org.awaitility.Awaitility.await()
                    .until(() -> TestCluster.metric(secure.node(0), "carillon_connections_open") == 1);
        }
    }
}
