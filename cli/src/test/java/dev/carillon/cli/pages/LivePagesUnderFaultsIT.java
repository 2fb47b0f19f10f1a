package dev.carillon.cli.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.containers.Servers;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Live pages on three processes behind the sticky proxy, whose nodes are killed, paused or drained while users type and click. */
@Tag("process")
@Tag("chromium")
@Tag("full")
class LivePagesUnderFaultsIT {
    private static final Duration BETWEEN_ACTIONS = Duration.ofMillis(500);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<LivePageNode> nodes = new ArrayList<>();
    private final List<LiveTab> tabs = new ArrayList<>();
    private final List<LiveBrowser> browsers = new ArrayList<>();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    /** Opens when the users stop. */
    private final CountDownLatch stopped = new CountDownLatch(1);

    @SuppressWarnings("NullAway.Init")
    private URI site;

    /** What happens to the node of a third of the tabs. */
    @FunctionalInterface
    private interface Fault {
        void happen(LivePageNode node) throws IOException, InterruptedException;
    }

    @AfterEach
    void stop() throws Exception {
        stopped.countDown();
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
        http.close();
    }

    private <T extends AutoCloseable> T opened(T one) {
        opened.add(one);
        return one;
    }

    @Test
    @Tag("redis")
    void page_goes_on_at_another_node_when_its_own_is_killed() throws Exception {
        start(opened(Servers.redis()), 20, 1);
        run("killed once on redis", 1, Duration.ofSeconds(2), LivePageNode::killAndRestart);
    }

    @Test
    @Tag("redis")
    @Tag("full")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void nothing_is_lost_or_done_twice_by_ten_kills_on_redis() throws Exception {
        start(opened(Servers.redis()), 200, 6);
        run("ten kills on redis", 10, Duration.ofSeconds(20), LivePageNode::killAndRestart);
    }

    @Test
    @Tag("nats")
    @Tag("full")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void nothing_is_lost_or_done_twice_by_ten_kills_on_nats() throws Exception {
        start(opened(Servers.nats()), 200, 6);
        run("ten kills on nats", 10, Duration.ofSeconds(20), LivePageNode::killAndRestart);
    }

    @Test
    @Tag("redis")
    @Tag("full")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void owner_that_was_paused_for_half_a_minute_changes_nothing_twice() throws Exception {
        start(opened(Servers.redis()), 60, 2);
        run("two pauses on redis", 2, Duration.ofSeconds(20), node -> {
            node.signal("STOP");
            pause(Duration.ofSeconds(30));
            node.signal("CONT");
        });
    }

    @Test
    @Tag("redis")
    @Tag("full")
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void no_action_fails_and_no_page_is_loaded_again_while_all_nodes_are_restarted() throws Exception {
        TestServer redis = opened(Servers.redis());
        start(redis, 200, 6);
        run("all drained on redis, which restarts", 3, Duration.ofSeconds(3), node -> {
            node.drainAndRestart();
            if (node == nodes.get(1)) {
                redis.restart(TestServer.Data.KEPT);
            }
        });
        assertThat(tabs).allSatisfy(tab -> assertThat(tab.unknown).hasValue(0));
        assertThat(clicks(LiveBrowser::unknown)).isZero();
    }

    private void start(TestServer broker, int simulated, int real) throws Exception {
        for (int i = 0; i < 3; i++) {
            nodes.add(opened(new LivePageNode("pages-" + i, ServerProcess.freePort(), broker.address())));
        }
        StickyProxy proxy = opened(StickyProxy.start(
                ProxyConfig.of(nodes.stream().map(LivePageNode::url).toList())));
        site = URI.create("http://127.0.0.1:" + proxy.port());
        for (int i = 0; i < simulated; i++) {
            tabs.add(opened(new LiveTab(http, site)));
        }
        Chromium chromium = opened(new Chromium());
        for (int i = 0; i < real; i++) {
            browsers.add(new LiveBrowser(chromium, site));
        }
        await().until(() -> tabs.stream().allMatch(LiveTab::isLive));
    }

    private void run(String name, int times, Duration between, Fault fault) throws Exception {
        List<Thread> users = tabs.stream()
                .map(tab -> Thread.ofVirtual().start(() -> act(tab)))
                .toList();
        FutureTask<Boolean> faults = new FutureTask<>(() -> {
            happen(times, between, fault);
            return true;
        });
        Thread _ = Thread.ofVirtual().start(faults);
        while (!faults.isDone()) {
            clickEach();
        }
        assertThat(faults.get()).isTrue();
        await().atMost(Patience.LIMIT).until(() -> tabs.stream().allMatch(LiveTab::isLive));
        clickEach();
        stopped.countDown();
        for (Thread user : users) {
            assertThat(user.join(Duration.ofMinutes(1)))
                    .as("a user has its last answer")
                    .isTrue();
        }
        report(name);
        check();
    }

    private void act(LiveTab tab) {
        try {
            do {
                tab.add();
            } while (!stopped.await(BETWEEN_ACTIONS.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void happen(int times, Duration between, Fault fault) throws IOException, InterruptedException {
        for (int i = 0; i < times; i++) {
            pause(between);
            fault.happen(nodes.get(i % nodes.size()));
        }
        pause(between);
    }

    /** Ends early when the test does. */
    private void pause(Duration time) throws InterruptedException {
        boolean _ = stopped.await(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void clickEach() {
        browsers.forEach(LiveBrowser::click);
    }

    private int clicks(ToIntFunction<LiveBrowser> of) {
        return browsers.stream().mapToInt(of).sum();
    }

    private int sum(ToIntFunction<LiveTab> of) {
        return tabs.stream().mapToInt(of).sum();
    }

    private void report(String name) {
        System.out.println(name + ": " + tabs.size() + " tabs, " + sum(tab -> tab.confirmed.get())
                + " actions confirmed, "
                + sum(tab -> tab.unknown.get()) + " of unknown outcome, " + sum(tab -> tab.failed.get()) + " failed, "
                + sum(tab -> tab.reloads.get()) + " pages loaded again, "
                + (sum(tab -> tab.streams.get()) - tabs.size())
                + " streams opened again, longest time without one "
                + tabs.stream().mapToLong(tab -> tab.longestWithoutStream).max().orElse(0) / 1_000_000 + " ms; "
                + browsers.size() + " browsers, "
                + clicks(LiveBrowser::confirmed) + " clicks confirmed, " + clicks(LiveBrowser::unknown)
                + " of unknown outcome");
    }

    private void check() throws Exception {
        browsers.forEach(LiveBrowser::check);
        for (LiveTab tab : tabs) {
            assertThat(tab.givenUp).isEmpty();
            assertThat(tab.reloads).hasValue(0);
            assertThat(tab.failed).as(tab.firstFailure).hasValue(0);
            await().untilAsserted(() -> assertThat(tab.shown)
                    .as("counts of a tab: none lost, none twice")
                    .isBetween((long) tab.confirmed.get(), (long) tab.confirmed.get() + tab.unknown.get()));
        }
        long confirmed = (long) sum(tab -> tab.confirmed.get()) + clicks(LiveBrowser::confirmed);
        long total = new LiveTab(http, site).number("/total");
        assertThat(total)
                .isBetween(confirmed, confirmed + sum(tab -> tab.unknown.get()) + clicks(LiveBrowser::unknown));
    }
}
