package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.signal.ChangeQueue;
import dev.carillon.scope.Scope;
import dev.carillon.testkit.SseClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages on two nodes. */
class PagesIT {
    private final AtomicInteger renders = new AtomicInteger();
    private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
    private final AtomicReference<RuntimeException> narrow = new AtomicReference<>();
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch begun = new CountDownLatch(1);

    private final App app = Carillon.app(AppOptions.defaults()
                    .actionsPerSecond(1_000)
                    .actionTimeout(Duration.ofSeconds(2))
                    .sharedBytes(20, 50))
            .page("/counter", this::counter)
            .page("/rooms/{id}", page -> {
                int id = page.path("id", Integer::valueOf);
                page.view("room", () -> "room " + id);
            })
            .page("/names/{name}", page -> page.action("nothing", () -> {}))
            .page("/narrow", page -> {
                Signal<Integer> step = page.signal("step", 1);
                page.view(page.route(), "wide", () -> noted(step));
            })
            .page("/mine", page -> {
                Signal<Integer> visits = page.shared(page.session(), "visits", 0);
                page.action("visit", () -> visits.update(n -> n + 1));
                page.view(page.session(), "visits", visits::text);
            });

    private final TestCluster cluster = new TestCluster(
            "memory://" + UUID.randomUUID(),
            2,
            Map.of("mercure-publisher-key", TestCluster.KEY, "mercure-anonymous", "true"),
            app);

    private void counter(Page page) {
        Signal<Integer> step = page.input("step", 1);
        Signal<Integer> count = page.shared(page.route(), "count", 0);
        Signal<String> note = page.shared(Scope.GLOBAL, "note", "-");
        page.action("add", () -> count.update(n -> n + step.get()));
        page.action("both", () -> {
            count.update(n -> n + 1);
            step.update(n -> n + 1);
            // Longer than changes of several actions are gathered.
            LockSupport.parkNanos(10 * ChangeQueue.GATHER.toNanos());
            count.update(n -> n + 1);
            note.set("both");
        });
        page.action("same", () -> count.update(n -> n));
        page.action("reset", () -> step.set(1));
        page.action("fail", () -> {
            step.set(7);
            throw new IllegalStateException("a secret of the application");
        });
        page.action("refuse", () -> {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "that <name> is taken");
        });
        page.action("long", () -> note.set("x".repeat(21)));
        page.action("hold", () -> hold(count));
        page.view(page.route(), "counter", () -> {
            renders.incrementAndGet();
            return "<b>" + count.text() + note.text() + "</b>";
        });
        page.view("step", () -> "<i>" + step.text() + "</i>");
    }

    private String noted(Signal<Integer> signal) {
        try {
            return signal.text();
        } catch (IllegalStateException e) {
            narrow.set(e);
            throw e;
        }
    }

    private void hold(Signal<Integer> count) {
        begun.countDown();
        try {
            held.await();
        } catch (InterruptedException e) {
            // As an application that ignores its interruption.
            try {
                count.update(n -> n + 1_000);
            } catch (RuntimeException refused) {
                failure.set(refused);
            }
        }
    }

    @AfterEach
    void close() {
        held.countDown();
        cluster.close();
    }

    private PageClient tab(int node) {
        return PageClient.load(cluster.node(node), "/counter").open();
    }

    private static String shown(PageClient client, String view, String html) {
        await().untilAsserted(() -> assertThat(client.shown(view)).isEqualTo(html));
        return html;
    }

    @Test
    void field_that_an_action_sets_back_is_sent_although_its_view_is_equal() {
        try (PageClient ann = tab(0)) {
            ann.act("reset", "step", "5");

            shown(ann, "step", "<i>1</i>");
            ann.act("reset", "step", "1");
            ann.act("add");
            shown(ann, "counter", "<b>1-</b>");
            assertThat(ann.patches()).hasSize(2);
        }
    }

    @Test
    void tab_signal_changes_only_its_tab_and_shared_signal_changes_every_tab_of_every_node() {
        try (PageClient ann = tab(0);
                PageClient bob = tab(1)) {
            ann.act("add", "step", "5");

            shown(ann, "step", "<i>5</i>");
            shown(ann, "counter", "<b>5-</b>");
            shown(bob, "counter", "<b>5-</b>");
            bob.act("add");
            shown(ann, "counter", "<b>6-</b>");
            assertThat(bob.shown("step")).isNull();
        }
    }

    @Test
    void change_is_rendered_once_per_node_however_many_tabs_show_it() {
        try (PageClient a = tab(0);
                PageClient b = tab(0);
                PageClient c = tab(0);
                PageClient d = tab(1);
                PageClient e = tab(1)) {
            assertThat(renders).hasValue(2);

            a.act("add");

            for (PageClient client : new PageClient[] {a, b, c, d, e}) {
                shown(client, "counter", "<b>1-</b>");
            }
            assertThat(renders).hasValue(4);
        }
    }

    @Test
    void changes_of_one_action_arrive_as_one_event_for_each_audience() {
        try (PageClient ann = tab(0);
                PageClient bob = tab(0)) {
            ann.act("both");

            shown(ann, "step", "<i>2</i>");
            shown(bob, "counter", "<b>2both</b>");
            ann.act("add");
            shown(bob, "counter", "<b>4both</b>");
            shown(ann, "counter", "<b>4both</b>");
            assertThat(bob.patches()).hasSize(2);
            assertThat(ann.patches()).hasSize(3);
        }
    }

    @Test
    void unchanged_output_is_not_sent() {
        try (PageClient ann = tab(0)) {
            ann.act("same");
            ann.act("add");

            shown(ann, "counter", "<b>1-</b>");
            assertThat(ann.patches()).hasSize(1);
        }
    }

    @Test
    void narrower_signal_in_a_wider_view_is_an_error_at_the_first_render() {
        HttpResponse<String> answer = PageClient.get(cluster.node(0), "/narrow", null);

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(narrow.get())
                .hasMessageContaining("view \"wide\" of scope route:/narrow")
                .hasMessageContaining("signal \"step\" of scope tab:");
        assertThat(app.statistics().contexts()).isZero();
    }

    @Test
    void session_view_is_shown_in_all_tabs_of_the_browser_and_in_no_other() {
        try (PageClient one = PageClient.load(cluster.node(0), "/mine").open();
                PageClient two = PageClient.load(cluster.node(1), "", "/mine", one.cookie())
                        .open();
                PageClient other = PageClient.load(cluster.node(0), "/mine").open()) {
            one.act("visit");

            shown(two, "visits", "1");
            other.act("visit");
            shown(other, "visits", "1");
            one.act("visit");
            shown(two, "visits", "2");
            assertThat(other.shown("visits")).isEqualTo("1");
        }
    }

    @Test
    void action_that_reaches_another_node_runs_at_the_owner_of_the_context() {
        try (PageClient ann = tab(0)) {
            HttpResponse<String> answer =
                    ann.post(cluster.node(1), "add", Map.of("Accept", PageClient.TURBO), "step", "3");

            assertThat(answer.statusCode()).isEqualTo(200);
            shown(ann, "counter", "<b>3-</b>");
            shown(ann, "step", "<i>3</i>");
        }
    }

    @Test
    void stream_that_opens_after_a_change_gets_what_the_page_does_not_show_yet() {
        PageClient late = PageClient.load(cluster.node(0), "/counter");
        try (PageClient ann = tab(1)) {
            ann.act("add", "step", "4");
            shown(ann, "counter", "<b>4-</b>");
            late.act("add", "step", "2");

            try (PageClient open = late.open()) {
                shown(open, "counter", "<b>6-</b>");
                shown(open, "step", "<i>2</i>");
            }
        }
    }

    @Test
    void failed_action_gives_a_clean_error_and_keeps_the_context() {
        try (PageClient ann = tab(0)) {
            HttpResponse<String> failed = ann.post(cluster.node(0), "fail", Map.of("Accept", PageClient.TURBO));

            assertThat(failed.statusCode()).isEqualTo(500);
            assertThat(failed.body()).contains("target=\"carillon-message\"").doesNotContain("secret");
            shown(ann, "step", "<i>7</i>");
            HttpResponse<String> refused = ann.post(cluster.node(0), "refuse", Map.of("Accept", PageClient.TURBO));
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("that &lt;name&gt; is taken");
            ann.act("add");
            shown(ann, "counter", "<b>7-</b>");
        }
    }

    @Test
    void action_beyond_its_time_limit_is_answered_and_changes_nothing_any_more() {
        try (PageClient ann = tab(0)) {
            HttpResponse<String> answer = ann.post(cluster.node(0), "hold", Map.of("Accept", PageClient.TURBO));

            assertThat(answer.statusCode()).isEqualTo(504);
            assertThat(answer.headers().firstValue("Retry-After")).isEmpty();
            await().untilAsserted(() -> assertThat(failure.get()).hasMessageContaining("time limit"));
            ann.act("add");
            shown(ann, "counter", "<b>1-</b>");
        }
    }

    @Test
    void actions_of_one_context_run_one_at_a_time() throws InterruptedException {
        try (PageClient ann = tab(0)) {
            CompletableFuture<HttpResponse<String>> first = CompletableFuture.supplyAsync(
                    () -> ann.post(cluster.node(0), "hold", Map.of("Accept", PageClient.TURBO)));
            begun.await();
            CompletableFuture<Void> second = CompletableFuture.runAsync(() -> ann.act("add"));
            try (PageClient bob = tab(0)) {
                bob.act("add");
                shown(ann, "counter", "<b>1-</b>");
            }
            assertThat(second).isNotDone();

            held.countDown();

            assertThat(first.join().statusCode()).isEqualTo(200);
            second.join();
            shown(ann, "counter", "<b>2-</b>");
        }
    }

    @Test
    void shared_signal_beyond_its_bound_is_refused_with_both_bounds() {
        try (PageClient ann = tab(0)) {
            HttpResponse<String> answer = ann.post(cluster.node(0), "long", Map.of("Accept", PageClient.TURBO));

            assertThat(answer.statusCode()).isEqualTo(413);
            assertThat(answer.body()).contains("note", "global", "20 bytes per signal and 50 in total");
        }
    }

    @Test
    void without_javascript_an_action_redirects_to_the_page_of_the_same_context() {
        PageClient ann = PageClient.load(cluster.node(0), "/counter");

        HttpResponse<String> answer = ann.post(cluster.node(0), "add", Map.of("Accept", "text/html"), "step", "9");

        assertThat(answer.statusCode()).isEqualTo(303);
        String location = answer.headers().firstValue("Location").orElseThrow();
        assertThat(location).isEqualTo("/counter?context=" + ann.context());
        HttpResponse<String> again = PageClient.get(cluster.node(0), location, ann.cookie());
        assertThat(again.body()).contains("<b>9-</b>", "<i>9</i>");
        assertThat(PageClient.contextOf(again.body())).isEqualTo(ann.context());
        HttpResponse<String> other = PageClient.get(cluster.node(0), location, null);
        assertThat(other.body()).contains("<i>1</i>");
        assertThat(PageClient.contextOf(other.body())).isNotEqualTo(ann.context());
    }

    @Test
    void address_of_a_redirect_is_percent_encoded() {
        String path = "/names/%D0%96%3F%20a%25";
        PageClient ann = PageClient.load(cluster.node(0), path);

        HttpResponse<String> answer = ann.post(cluster.node(0), "nothing", Map.of("Accept", "text/html"));

        assertThat(answer.headers().firstValue("Location")).contains(path + "?context=" + ann.context());
    }

    @Test
    void patches_reach_no_subscriber_of_all_topics() {
        try (PageClient ann = tab(0);
                SseClient all = SseClient.open(cluster.node(0).port(), "/.well-known/mercure?topic=*")) {
            assertReceivesNews(all, "first");
            ann.act("add");
            shown(ann, "counter", "<b>1-</b>");
            assertReceivesNews(all, "last");

            assertThat(all.all())
                    .noneMatch(event -> event.data() != null && event.data().contains("turbo-stream"));
        }
    }

    private void assertReceivesNews(SseClient client, String text) {
        String _ = TestCluster.broadcast(cluster.node(0), "{\"scope\":\"topic:news\",\"data\":\"" + text + "\"}");
        await().untilAsserted(() -> assertThat(client.all()).anyMatch(event -> text.equals(event.data())));
    }

    @Test
    void contexts_that_end_while_their_pages_are_built_leave_nothing_behind() throws InterruptedException {
        PageClient first = PageClient.load(cluster.node(0), "/counter");
        List<Thread> threads = IntStream.range(0, 60)
                .mapToObj(i -> Thread.startVirtualThread(() -> {
                    HttpResponse<String> page = PageClient.get(cluster.node(0), "/counter", first.cookie());
                    assertThat(page.statusCode()).isIn(200, 429);
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }

        await().untilAsserted(() -> assertThat(app.statistics().contexts()).isLessThanOrEqualTo(20));
        assertThat(PageClient.get(cluster.node(0), "/counter", first.cookie()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void typed_path_parameter_of_another_type_is_not_found() {
        assertThat(PageClient.get(cluster.node(0), "/rooms/12", null).body()).contains("room 12");
        assertThat(PageClient.get(cluster.node(0), "/rooms/lobby", null).statusCode())
                .isEqualTo(404);
    }

    @Test
    void oldest_context_without_a_stream_ends_when_its_browser_has_too_many() {
        PageClient first = PageClient.load(cluster.node(0), "/counter");
        for (int i = 0; i < 20; i++) {
            PageClient _ = PageClient.load(cluster.node(0), "", "/counter", first.cookie());
        }

        await().untilAsserted(() -> assertThat(app.statistics().contexts()).isEqualTo(20));
        HttpResponse<String> answer = first.post(cluster.node(0), "add", Map.of("Accept", PageClient.TURBO));
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("action=\"refresh\"");
    }
}
