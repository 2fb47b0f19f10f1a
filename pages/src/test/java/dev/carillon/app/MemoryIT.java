package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.FastTime;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Action;
import dev.carillon.page.OpenPage;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What pages cost in memory, and that they release it. */
@Tag("own-jvm")
class MemoryIT {
    private static final System.Logger LOGGER = System.getLogger(MemoryIT.class.getName());
    /** Longer than the interval of heartbeats on a silent stream. */
    private static final Duration PERIOD = Duration.ofSeconds(40);

    /** Objects that live as long as a request or the run of an action. */
    private static final List<String> OF_REQUESTS = List.of(
            "dev.carillon.node.ServerRequest",
            "dev.carillon.page.http.ActionCall",
            "dev.carillon.page.signal.ActionRun",
            "dev.carillon.page.signal.Rendering",
            "dev.carillon.page.context.Task");

    private final App app =
            Carillon.app(AppOptions.defaults().actionsPerSecond(1_000)).page("/counter", MemoryIT::counter);

    private static void counter(Page page) {
        Signal<Integer> step = page.input("step", 1);
        Signal<Integer> count = page.shared(page.route(), "count", 0);
        Action add = page.action("add", () -> count.update(n -> n + step.get()));
        Action reset = page.action("reset", () -> count.set(0));
        Signal<Integer> ticks = page.signal("ticks", 0);
        page.every(PERIOD, () -> ticks.update(n -> n + 1));
        page.onConnect(() -> {});
        page.view(page.route(), "counter", () -> "<output>" + count.text() + "</output>");
        page.view("controls", () -> Page.field(step) + add.button("Add") + reset.button("Reset"));
        page.view("ticks", ticks::text);
    }

    private TestCluster cluster() {
        return new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of("requests-per-address", "0"), app);
    }

    private static long usedBytes() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    /** The classes of live objects. */
    private static List<String> histogram() {
        try {
            return ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()})
                    .toString()
                    .lines()
                    .map(line -> line.strip().split("\\s+"))
                    .filter(columns -> columns.length >= 4)
                    .map(columns -> columns[3])
                    .toList();
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void nothing_of_a_request_is_alive_after_it_while_its_context_is() {
        try (TestCluster cluster = cluster()) {
            List<PageClient> tabs = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                PageClient tab = PageClient.load(cluster.node(0), "/counter").open();
                tab.act("add", "step", "2");
                tabs.add(tab);
            }
            await().untilAsserted(
                            () -> assertThat(tabs.getLast().shown("counter")).isEqualTo("<output>40</output>"));

            await().untilAsserted(() -> {
                List<String> live = histogram();
                assertThat(live).contains("dev.carillon.page.context.PageContext");
                assertThat(live).doesNotContainAnyElementsOf(OF_REQUESTS);
            });
            tabs.forEach(PageClient::close);
        }
    }

    @Test
    void idle_context_costs_less_than_it_is_charged() {
        try (TestCluster cluster = cluster()) {
            load(cluster.node(0), 300, null);
            long before = usedBytes();
            long contexts = app.statistics().contexts();

            load(cluster.node(0), 1_500, null);

            long each = (usedBytes() - before) / (app.statistics().contexts() - contexts);
            LOGGER.log(System.Logger.Level.INFO, "an idle page context takes {0} bytes", each);
            assertThat(app.statistics().contexts() - contexts).isEqualTo(1_500);
            assertThat(each).isLessThan(16 * 1024);
        }
    }

    @Test
    void page_loads_in_a_row_leave_nothing_behind() {
        loads(1_000, 4_000_000);
    }

    @Test
    @Tag("full")
    void hundred_thousand_page_loads_in_a_row_leave_nothing_behind() {
        loads(100_000, 8_000_000);
    }

    /** Loads of one browser, whose older contexts end. */
    private void loads(int count, long maxGrowth) {
        try (TestCluster cluster = cluster()) {
            PageClient first = PageClient.load(cluster.node(0), "/counter");
            load(cluster.node(0), 500, first.cookie());
            long before = usedBytes();

            load(cluster.node(0), count, first.cookie());

            await().until(() -> app.statistics().contexts() <= 20);
            long grown = usedBytes() - before;
            LOGGER.log(System.Logger.Level.INFO, "{0} page loads: the heap has grown by {1} bytes", count, grown);
            assertThat(grown).isLessThan(maxGrowth);
        }
    }

    private static void load(Node node, int count, @Nullable String cookie) {
        int threads = 8;
        CountDownLatch left = new CountDownLatch(threads);
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        IntStream.range(0, threads)
                .forEach(t -> Thread.startVirtualThread(() -> {
                    try {
                        for (int i = t; i < count; i += threads) {
                            int status =
                                    PageClient.get(node, "/counter", cookie).statusCode();
                            // A page of this browser may end while it is built, as later ones are opened.
                            assertThat(status).isIn(200, 429);
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    } finally {
                        left.countDown();
                    }
                }));
        try {
            left.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assertThat(failures).isEmpty();
    }

    @Test
    void ten_minutes_of_open_tabs_leave_the_heap_flat() {
        heartbeats(Duration.ofMinutes(10), 5, 4_000_000);
    }

    @Test
    @Tag("full")
    void eight_hours_of_open_tabs_leave_the_heap_flat() {
        heartbeats(Duration.ofHours(8), 50, 8_000_000);
    }

    private void heartbeats(Duration time, int tabs, long maxGrowth) {
        FastTime clock = new FastTime();
        String broker = "memory://" + UUID.randomUUID();
        try (Node node = clock.start(TestCluster.config("fast", broker, Map.of("requests-per-address", "0")), app)) {
            List<QuietTab> open = IntStream.range(0, tabs)
                    .mapToObj(i -> QuietTab.open(node, "/counter"))
                    .toList();
            await().until(() -> app.contexts().stream().allMatch(OpenPage::connected));
            int _ = pass(clock, open, Duration.ofMinutes(2));
            long before = usedBytes();

            int runs = pass(clock, open, time);

            long grown = usedBytes() - before;
            LOGGER.log(
                    System.Logger.Level.INFO,
                    "{0} with {1} tabs: {2} heartbeats and runs of each timer, the heap has grown by {3} bytes",
                    time,
                    tabs,
                    runs,
                    grown);
            assertThat(app.contexts()).hasSize(tabs).allMatch(OpenPage::connected);
            assertThat(open).allMatch(tab -> tab.heartbeats() >= time.toSeconds() / PERIOD.toSeconds());
            assertThat(grown).isLessThan(maxGrowth);
            open.forEach(QuietTab::close);
        }
    }

    /** Lets time pass in steps of a timer's period, and waits for a run in every tab. Returns the number of runs. */
    private static int pass(FastTime clock, List<QuietTab> tabs, Duration time) {
        int runs = 0;
        for (long seconds = 0; seconds < time.toSeconds(); seconds += PERIOD.toSeconds()) {
            List<String> before = tabs.stream().map(QuietTab::ticks).toList();
            List<Integer> silent = tabs.stream().map(QuietTab::heartbeats).toList();
            // Shorter than the period, and longer than the interval of heartbeats.
            clock.pass(PERIOD.dividedBy(2));
            passUntil(clock, tabs, i -> tabs.get(i).heartbeats() > silent.get(i));
            clock.pass(PERIOD.dividedBy(2));
            passUntil(clock, tabs, i -> !tabs.get(i).ticks().equals(before.get(i)));
            runs++;
        }
        return runs;
    }

    /** A little more time, as a timer is set when its last run has ended, which may be after the tab has shown it. */
    private static void passUntil(FastTime clock, List<QuietTab> tabs, IntPredicate done) {
        BitSet open = new BitSet();
        open.set(0, tabs.size());
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2)).until(() -> {
            clear(open, done);
            if (!open.isEmpty()) {
                clock.pass(Duration.ofSeconds(1));
                clear(open, done);
            }
            return open.isEmpty();
        });
    }

    private static void clear(BitSet open, IntPredicate done) {
        for (int tab = open.nextSetBit(0); tab >= 0; tab = open.nextSetBit(tab + 1)) {
            if (done.test(tab)) {
                open.clear(tab);
            }
        }
    }
}
