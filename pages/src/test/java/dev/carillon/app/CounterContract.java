package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.page.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A counter that all tabs of a page share, on three nodes. */
abstract class CounterContract {
    private static final int CLIENTS = 16;

    private final App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
            .page("/counter", page -> {
                Signal<Integer> count = page.shared(page.route(), "count", 0);
                page.action("add", () -> count.update(n -> n + 1));
                page.view(page.route(), "counter", () -> "<b>" + count.text() + "</b>");
            });

    private TestCluster cluster;

    protected abstract String broker();

    @BeforeEach
    void start() {
        cluster = new TestCluster(broker(), 3, Map.of(), app);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void no_increment_of_concurrent_clients_is_lost_and_every_tab_ends_on_the_sum() {
        count(1_000);
    }

    @Test
    @Tag("full")
    void no_increment_of_ten_thousand_is_lost() {
        count(10_000);
    }

    private void count(int increments) {
        List<PageClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(PageClient.load(cluster.node(i % 3), "/counter").open());
        }
        String begin = clients.getFirst().html();
        assertThat(begin).contains("<div id=\"counter\"><b>0</b></div>");

        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<Void>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int share = increments / CLIENTS + (i < increments % CLIENTS ? 1 : 0);
                PageClient client = clients.get(i);
                running.add(CompletableFuture.runAsync(
                        () -> {
                            for (int n = 0; n < share; n++) {
                                client.act("add");
                            }
                        },
                        threads));
            }
            running.forEach(CompletableFuture::join);
        }

        String sum = "<b>" + increments + "</b>";
        for (PageClient client : clients) {
            await().untilAsserted(() -> assertThat(client.shown("counter")).isEqualTo(sum));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(PageClient.load(cluster.node(i), "/counter").html()).contains(sum);
        }
        assertThat(app.statistics().actions()).isEqualTo(increments);
        clients.forEach(PageClient::close);
    }
}
