package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The metrics of an application on a node. */
class PageMetricsIT {
    private static final Pattern DOCUMENTED = Pattern.compile("(?m)^\\| `(carillon_pages_[a-z_]+)` \\|");
    private static final Pattern SERVED = Pattern.compile("(?m)^# HELP (carillon_pages_\\S+) \\S.*");

    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger handled = new AtomicInteger();
    private final AtomicInteger gaps = new AtomicInteger();

    private final App app = Carillon.app(AppOptions.defaults()
                    .basePath("/shop")
                    .actionsPerSecond(1_000)
                    .actionTimeout(Duration.ofSeconds(2)))
            .page("/counter", PageMetricsIT::counter)
            .page("/flood", this::flood)
            .job("hourly", Duration.ofHours(1), run -> {});
    private final TestCluster cluster = new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of(), app);
    private final Node node = cluster.node(0);

    private static void counter(Page page) {
        Signal<Integer> count = page.shared(page.route(), "count", 0);
        page.action("add", () -> count.update(n -> n + 1));
        page.action("fail", () -> {
            throw new IllegalStateException();
        });
        page.action("refuse", () -> {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "no");
        });
        page.action("wait", () -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                // The time limit.
            }
        });
        page.view(page.route(), "counter", () -> count.get() < 2 ? "few" : "many");
        page.view("own", count::text);
    }

    private void flood(Page page) {
        page.on(Scope.topic("flood"), event -> {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            handled.incrementAndGet();
        });
        page.onGap(gaps::incrementAndGet);
    }

    @Test
    void events_beyond_the_bound_of_a_tab_are_dropped_and_counted_and_its_page_is_told() {
        PageClient _ = PageClient.load(node, "/shop", "/flood", null);
        for (int i = 0; i < 200; i++) {
            app.broadcast(Event.to(Scope.topic("flood")).data("x").build())
                    .toCompletableFuture()
                    .join();
        }
        await().until(() -> metric("events_dropped_total") > 0);

        gate.countDown();

        await().until(() -> gaps.get() > 0);
        await().untilAsserted(() ->
                assertThat(handled.get() + metric("events_dropped_total")).isBetween(199.0, 200.0));
        assertThat(handled.get()).isGreaterThanOrEqualTo(127);
    }

    @AfterEach
    void close() {
        gate.countDown();
        cluster.close();
    }

    private double metric(String name, String label, String value) {
        return TestCluster.metric(node, "carillon_pages_" + name + "{app=\"/shop\"," + label + "=\"" + value + "\"}");
    }

    private double metric(String name) {
        return TestCluster.metric(node, "carillon_pages_" + name + "{app=\"/shop\"}");
    }

    @Test
    void every_metric_is_in_the_table_and_the_table_has_no_other() throws IOException {
        Set<String> documented = DOCUMENTED
                .matcher(Files.readString(Path.of("../docs/metrics.md")))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(SERVED.matcher(TestCluster.get(node.adminPort(), "/metrics").body())
                        .results()
                        .map(match -> match.group(1)))
                .containsExactlyInAnyOrderElementsOf(documented);
    }

    @Test
    void actions_are_counted_by_result_and_renderings_by_scope() {
        try (PageClient ann = PageClient.load(node, "/shop", "/counter", null).open()) {
            PageClient bob = PageClient.load(node, "/shop", "/counter", null);
            ann.act("add");
            for (String action : new String[] {"fail", "refuse", "wait", "unknown"}) {
                assertThat(ann.post(node, action, Map.of()).statusCode()).isGreaterThanOrEqualTo(400);
            }
            await().untilAsserted(() -> assertThat(ann.shown("own")).isEqualTo("1"));

            assertThat(metric("actions_total", "result", "ok")).isEqualTo(1);
            assertThat(metric("actions_total", "result", "failed")).isEqualTo(1);
            assertThat(metric("actions_total", "result", "refused")).isEqualTo(2);
            assertThat(metric("actions_total", "result", "timeout")).isEqualTo(1);
            assertThat(metric("contexts")).isEqualTo(2);
            assertThat(metric("renders_total", "scope", "shared")).isEqualTo(2);
            assertThat(metric("renders_unsent_total", "reason", "unchanged")).isEqualTo(1);
            assertThat(metric("render_cache_hits_total")).isEqualTo(1);
            assertThat(metric("renders_total", "scope", "tab")).isGreaterThanOrEqualTo(3);
            assertThat(app.statistics().cacheHits()).isEqualTo(1);
            assertThat(bob.context()).isNotEqualTo(ann.context());
        }
    }
}
