package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CloseReason;
import dev.carillon.node.TestCluster;
import dev.carillon.page.OpenPage;
import dev.carillon.page.Page;
import dev.carillon.page.PageTimer;
import dev.carillon.page.Signal;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of contexts and of an application, on two nodes. */
class LifeIT {
    private final List<String> hooks = new CopyOnWriteArrayList<>();
    private final List<String> nodes = new CopyOnWriteArrayList<>();
    private final AtomicInteger runs = new AtomicInteger();
    private final AtomicInteger overlapping = new AtomicInteger();
    private final AtomicReference<@Nullable PageTimer> timer = new AtomicReference<>();
    private final AtomicReference<@Nullable RuntimeException> refused = new AtomicReference<>();

    private final Semaphore connects = new Semaphore(0);

    private final App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
            .page("/room", this::room)
            .page("/brief", page -> {
                page.memoryOnly();
                room(page);
            })
            .page("/clock", this::clock)
            .page("/many", this::many)
            .page("/import", this::rows)
            .page("/turn", page -> page.view("text", () -> ""))
            .onStart(node -> nodes.add("start " + node.nodeId()))
            .onShutdown(node -> nodes.add("shutdown " + node.nodeId()))
            .onConnect(page -> nodes.add("connect " + page.path()))
            .onDisconnect(page -> {
                nodes.add("disconnect " + page.path() + " " + page.connected());
                throw new IllegalStateException("must not keep the next hook from running");
            })
            .onDisconnect(page -> nodes.add("after " + page.path()))
            .onConnect(page -> connects.release(page.path().equals("/turn") ? 1 : 0))
            .onDisconnect(this::waitForConnect);

    private final TestCluster cluster =
            new TestCluster("memory://" + UUID.randomUUID(), 2, Map.of("context-linger", "1s"), app);

    private final Semaphore imported = new Semaphore(0);

    private void rows(Page page) {
        Signal<String> state = page.signal("state", "new");
        Signal<Integer> looks = page.signal("looks", 0);
        page.action("import", () -> {
            state.set("running");
            page.background(
                    () -> {
                        imported.acquire();
                        return 42;
                    },
                    rows -> state.set(rows + " rows"));
        });
        page.action("look", () -> looks.update(n -> n + 1));
        page.view("state", state::text);
        page.view("looks", looks::text);
    }

    private void waitForConnect(OpenPage page) {
        if (!page.path().equals("/turn")) {
            return;
        }
        try {
            nodes.add(connects.tryAcquire(2, 1, TimeUnit.SECONDS) ? "overlap" : "end /turn");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void room(Page page) {
        Signal<Integer> here = page.shared(page.route(), "here", 0);
        Signal<String> text = page.signal("text", "new");
        page.onConnect(() -> {
            hooks.add("connect");
            text.set("connected");
        });
        page.onDisconnect(() -> hooks.add("disconnect"));
        page.onClose(() -> {
            hooks.add("close");
            here.update(n -> n - 1);
        });
        page.action("enter", () -> here.update(n -> n + 1));
        page.action("set", () -> text.set("kept"));
        page.view(page.route(), "here", here::text);
        page.view("text", text::text);
    }

    private void clock(Page page) {
        Signal<Integer> ticks = page.signal("ticks", 0);
        AtomicInteger running = new AtomicInteger();
        timer.set(page.every(Duration.ofMillis(100), () -> {
            overlapping.accumulateAndGet(running.incrementAndGet(), Math::max);
            runs.incrementAndGet();
            ticks.update(n -> n + 1);
            running.decrementAndGet();
        }));
        page.every(Duration.ofMillis(100), () -> {
            overlapping.accumulateAndGet(running.incrementAndGet(), Math::max);
            running.decrementAndGet();
            throw new IllegalStateException("a failed run does not end the timer");
        });
        page.action("look", () -> {});
        page.view("ticks", ticks::text);
    }

    private void many(Page page) {
        try {
            for (int i = 0; i <= 16; i++) {
                page.every(Duration.ofMinutes(1), () -> {});
            }
        } catch (IllegalStateException e) {
            refused.set(e);
        }
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private static void shows(PageClient client, String view, String html) {
        await().untilAsserted(() -> assertThat(client.shown(view)).isEqualTo(html));
    }

    @Test
    void hooks_of_a_page_run_when_its_stream_opens_and_ends_and_when_its_context_has_ended() {
        try (PageClient other = PageClient.load(cluster.node(1), "/room").open()) {
            PageClient ann = PageClient.load(cluster.node(0), "/room").open();
            shows(ann, "text", "connected");
            ann.act("enter");
            shows(other, "here", "1");
            hooks.clear();

            ann.close();

            // Its context lingers for a second.
            shows(other, "here", "0");
            assertThat(hooks).containsExactly("disconnect", "close");
        }
    }

    @Test
    void hooks_of_the_application_run_on_its_nodes_and_for_every_tab() {
        String node = cluster.node(0).id();
        assertThat(nodes).contains("start " + node);
        nodes.clear();

        PageClient.load(cluster.node(0), "/room").open().close();
        await().untilAsserted(() ->
                assertThat(nodes).containsExactly("connect /room", "disconnect /room false", "after /room"));

        cluster.close();
        assertThat(nodes).contains("shutdown " + node);
    }

    @Test
    void context_in_memory_that_is_open_when_its_node_stops_is_closed() {
        PageClient ann = PageClient.load(cluster.node(0), "/brief").open();
        await().until(() -> hooks.contains("connect"));
        PageClient bob = PageClient.load(cluster.node(1), "/brief");
        ann.act("enter");

        cluster.node(0).close();

        await().until(() -> hooks.contains("close"));
        await().untilAsserted(() -> assertThat(
                        PageClient.get(cluster.node(1), "/brief", bob.cookie()).body())
                .contains("<div id=\"here\">0</div>"));
    }

    @Test
    void timer_runs_in_turn_while_the_stream_is_open_and_no_longer() {
        PageClient ann = PageClient.load(cluster.node(0), "/clock");
        PageClient bob = PageClient.load(cluster.node(0), "/room").open();
        assertThat(runs).as("before the stream is open").hasValue(0);

        ann.open();
        await().until(() -> runs.get() >= 3);
        await().untilAsserted(() -> assertThat(ann.shown("ticks")).isEqualTo(Integer.toString(runs.get())));
        assertThat(overlapping).hasValue(1);

        ann.close();
        await().until(() -> app.contexts().size() == 1);
        int last = runs.get();
        // The next timers of another tab are due later than those of the first would be.
        bob.act("set");
        PageClient next = PageClient.load(cluster.node(0), "/clock").open();
        await().until(() -> next.shown("ticks") != null);
        int shown = Integer.parseInt(Objects.requireNonNull(next.shown("ticks")));
        assertThat(runs.get() - last).isLessThanOrEqualTo(shown + 2);
        bob.close();
        next.close();
    }

    @Test
    void background_work_leaves_the_page_to_its_actions_and_then_changes_it() {
        try (PageClient ann = PageClient.load(cluster.node(0), "/import").open()) {
            ann.act("import");
            shows(ann, "state", "running");
            ann.act("look");
            shows(ann, "looks", "1");

            imported.release();

            shows(ann, "state", "42 rows");
        }
    }

    @Test
    void stopped_timer_does_not_run_again() {
        PageClient ann = PageClient.load(cluster.node(0), "/clock").open();
        await().until(() -> runs.get() >= 1);

        Objects.requireNonNull(timer.get()).stop();
        ann.act("look");
        int last = runs.get();
        PageClient bob = PageClient.load(cluster.node(0), "/clock").open();
        await().until(() -> runs.get() >= last + 2);

        assertThat(Integer.toString(runs.get()))
                .isNotEqualTo(ann.shown("ticks"))
                .isNotNull();
        int ticks = Integer.parseInt(Objects.requireNonNull(ann.shown("ticks")));
        assertThat(ticks).isEqualTo(last);
        ann.close();
        bob.close();
    }

    @Test
    void page_has_a_bounded_number_of_timers() {
        PageClient _ = PageClient.load(cluster.node(0), "/many");

        assertThat(refused.get()).hasMessageContaining("at most 16 timers");
    }

    @Test
    void list_of_contexts_has_those_of_every_node() {
        try (PageClient ann = PageClient.load(cluster.node(0), "/room").open()) {
            PageClient bob = PageClient.load(cluster.node(1), "/clock");
            await().until(() -> hooks.contains("connect"));

            assertThat(app.contexts())
                    .extracting(OpenPage::context, OpenPage::path, OpenPage::connected)
                    .containsExactlyInAnyOrder(
                            tuple(ann.context(), "/room", true), tuple(bob.context(), "/clock", false));
        }
    }

    @Test
    void stream_that_comes_back_before_the_loss_of_the_last_one_is_noticed_keeps_the_context() {
        PageClient ann = PageClient.load(cluster.node(0), "/room").open();
        shows(ann, "text", "connected");
        ann.act("set");
        shows(ann, "text", "kept");

        // The first stream stays open, as that of a client that has left without a sign.
        PageClient again = PageClient.again(ann).open();

        shows(again, "text", "connected");
        again.act("set");
        shows(again, "text", "kept");
        assertThat(again.patches()).noneMatch(patch -> patch.contains("action=\"refresh\""));
        assertThat(app.statistics().contexts()).isEqualTo(1);
        // A tab that is still there loads its page again, for another context.
        await().untilAsserted(() -> assertThat(ann.patches().getLast()).contains("action=\"refresh\""));
        await().untilAsserted(() -> assertThat(ann.stream().all())
                .anyMatch(event -> String.valueOf(event.data()).contains(CloseReason.APPLICATION.code())));
        HttpResponse<String> loaded = PageClient.get(cluster.node(0), "/room", ann.cookie());
        assertThat(PageClient.contextOf(loaded.body())).isNotEqualTo(ann.context());
        again.close();
        ann.close();
    }

    @Test
    void application_is_told_of_the_end_of_a_stream_before_it_is_told_of_the_next_one() {
        PageClient ann = PageClient.load(cluster.node(0), "/turn").open();
        await().until(() -> nodes.contains("connect /turn"));
        nodes.clear();

        PageClient again = PageClient.again(ann).open();

        await().untilAsserted(() -> assertThat(nodes)
                .containsExactly("disconnect /turn false", "after /turn", "end /turn", "connect /turn"));
        again.close();
        ann.close();
    }
}
