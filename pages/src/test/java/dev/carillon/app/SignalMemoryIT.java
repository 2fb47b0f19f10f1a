package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.testkit.Patience;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the signals of a tab cost: memory in the budget of the node, and work at each turn. */
class SignalMemoryIT {
    private static final int LONG = 20_000;

    private final AtomicInteger ticks = new AtomicInteger();
    private final AtomicInteger written = new AtomicInteger();
    private final App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
            .page("/text", SignalMemoryIT::text)
            .page("/ticks", this::ticks);
    private final TestCluster cluster =
            new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of("memory-budget", "4194304"), app);

    private static void text(Page page) {
        Signal<String> text = page.signal("text", "", SignalType.text(LONG));
        page.action("grow", () -> text.set("x".repeat(LONG)));
        page.action("shrink", () -> text.set("short"));
        page.view("length", () -> "<output>" + text.get().length() + "</output>");
    }

    /** A page whose timer changes nothing. */
    private void ticks(Page page) {
        SignalType<String> plain = SignalType.text(100);
        SignalType<String> counted = SignalType.of(
                "must be a text",
                value -> {
                    written.incrementAndGet();
                    return plain.write(value);
                },
                plain::read);
        Signal<String> text = page.signal("text", "same", counted);
        page.action("change", () -> text.set("other"));
        page.every(Duration.ofMillis(100), ticks::incrementAndGet);
        page.view("text", text::text);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private HttpResponse<String> run(PageClient tab, String action) {
        return tab.post(
                cluster.node(0),
                action,
                Map.of("Accept", PageClient.TURBO, "Origin", PageClient.origin(cluster.node(0))));
    }

    @Test
    void signals_that_grow_are_charged_and_one_without_memory_keeps_its_value() {
        List<PageClient> grown = new ArrayList<>();
        PageClient refused = null;
        while (refused == null && grown.size() < 100) {
            PageClient tab = PageClient.load(cluster.node(0), "/text").open();
            HttpResponse<String> answer = run(tab, "grow");
            if (answer.statusCode() == 200) {
                grown.add(tab);
            } else {
                assertThat(answer.statusCode()).isEqualTo(429);
                assertThat(answer.body()).contains("this client address uses too much");
                refused = tab;
            }
        }

        // Half of the budget is for one address: 16 KiB and three bytes for each character beyond 2,048.
        assertThat(grown.size()).isBetween(15, 30);
        assertThat(PageClient.get(cluster.node(0), "/text", null).statusCode()).isEqualTo(200);
        RevivalContract.ok(run(grown.getFirst(), "shrink"));
        PageClient again = Objects.requireNonNull(refused);
        RevivalContract.ok(run(again, "grow"));
        RevivalContract.shows(again, "length", "<output>" + LONG + "</output>");
    }

    @Test
    void timer_that_changes_no_signal_does_not_write_the_state_of_its_page() {
        PageClient tab = PageClient.load(cluster.node(0), "/ticks").open();
        // The state is also written when the stream opens, which may take some ticks.
        await().atMost(Patience.LIMIT).until(this::ticksWithoutWriting);

        int before = written.get();
        RevivalContract.ok(run(tab, "change"));
        assertThat(written.get()).isGreaterThan(before);
    }

    private boolean ticksWithoutWriting() {
        int before = written.get();
        int end = ticks.get() + 3;
        await().atMost(Patience.LIMIT).until(() -> ticks.get() >= end);
        return written.get() == before;
    }
}
