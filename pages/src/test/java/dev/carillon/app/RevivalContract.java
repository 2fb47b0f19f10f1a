package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.RequestAttribute;
import dev.carillon.page.Signal;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pages whose nodes fail, stop or lose their clients to other nodes, on three nodes. */
abstract class RevivalContract {
    final List<String> ran = new CopyOnWriteArrayList<>();
    final Semaphore begun = new Semaphore(0);
    final Semaphore go = new Semaphore(0);

    private final App app = Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
            .use((request, next) -> {
                request.set(CounterPage.WHO, "ann");
                return next.proceed();
            })
            .page("/rooms/{id}", this::room)
            .page("/slow", page -> {
                if (page.isRevived()) {
                    hold();
                }
                counter(page);
            })
            .page("/kept", page -> {
                page.memoryOnly();
                counter(page);
            });

    final FailingNodes failing = new FailingNodes(app);
    TestCluster cluster;

    protected abstract String broker();

    private void room(Page page) {
        String from = page.path("id") + " " + page.parameter("from").orElse("-");
        page.view("from", () -> from);
        counter(page);
    }

    private static final class CounterPage {
        static final RequestAttribute<String> WHO = RequestAttribute.text("who");
    }

    private void counter(Page page) {
        Signal<Integer> count = page.signal("count", 0);
        Signal<String> text = page.input("text", "");
        Signal<Integer> total = page.shared(page.route(), "total", 0);
        Signal<String> heard = page.signal("heard", "");
        String who = page.attribute(CounterPage.WHO).orElse("anonymous");
        page.action("add", () -> {
            ran.add("add");
            count.update(n -> n + 1);
        });
        page.action("share", () -> {
            ran.add("share");
            count.update(n -> n + 1);
            hold();
            total.update(n -> n + 1);
        });
        page.action("announce", () -> {
            ran.add("announce");
            count.update(n -> n + 1);
            total.update(n -> n + 1);
            hold();
        });
        page.action("hold", () -> {
            ran.add("hold");
            count.update(n -> n + 1);
            hold();
        });
        page.action("enter", () -> page.join(Scope.topic("room:1")));
        page.on(new Selector("topic:room:*"), event -> heard.set(event.data()));
        page.onClose(() -> ran.add("close"));
        page.view("count", () -> who + " " + count.get());
        page.view("text", text::text);
        page.view("heard", heard::text);
        page.view(page.route(), "total", total::text);
    }

    private void hold() {
        begun.release();
        go.acquireUninterruptibly();
    }

    @BeforeEach
    void start() {
        cluster = new TestCluster(broker(), 3, Map.of("context-linger", "1s"), failing);
    }

    @AfterEach
    void end() {
        go.release(100);
        cluster.close();
    }

    final Node node(int i) {
        return cluster.node(i);
    }

    /** An action with an id, as the script sends it. */
    static HttpResponse<String> act(PageClient tab, Node at, String action, String id, String... fields) {
        String[] all = Arrays.copyOf(fields, fields.length + 2);
        all[fields.length] = "_id";
        all[fields.length + 1] = id;
        return tab.post(at, action, Map.of("Accept", PageClient.TURBO, "Origin", PageClient.origin(at)), all);
    }

    static void ok(HttpResponse<String> answer) {
        assertThat(answer.body()).contains("target=\"carillon-message\"><template></template>");
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    static void shows(PageClient tab, String view, String html) {
        await().untilAsserted(() -> assertThat(tab.shown(view)).isEqualTo(html));
    }

    static boolean reloads(PageClient tab) {
        return tab.patches().stream().anyMatch(patch -> patch.contains("action=\"refresh\""));
    }

    @Test
    void page_of_a_failed_node_goes_on_at_another_one_with_its_state() {
        PageClient ann = PageClient.load(node(0), "/rooms/7?from=mail").open();
        ok(act(ann, node(0), "add", "a1", "text", "half\ttyped"));
        ok(act(ann, node(0), "enter", "a2"));
        failing.cut(node(0));
        ann.close();

        PageClient again = PageClient.again(ann).open(node(1));

        shows(again, "count", "ann 1");
        shows(again, "text", "half\ttyped");
        shows(again, "from", "7 mail");
        app.broadcast(Event.to(Scope.topic("room:1")).data("hello").build())
                .toCompletableFuture()
                .join();
        shows(again, "heard", "hello");
        ok(act(again, node(1), "add", "a3"));
        shows(again, "count", "ann 2");
        ok(act(again, node(2), "add", "a4"));
        shows(again, "count", "ann 3");
        assertThat(reloads(again)).isFalse();
        again.close();
    }

    @Test
    void action_that_is_sent_again_after_its_node_failed_does_not_run_again() {
        PageClient ann = PageClient.load(node(0), "/rooms/7");
        ok(act(ann, node(0), "add", "a1"));
        failing.cut(node(0));

        ok(act(ann, node(1), "add", "a1"));
        assertThat(ran).containsExactly("add");
        ok(act(ann, node(2), "add", "a2"));

        assertThat(ran).containsExactly("add", "add");
        assertThat(PageClient.get(node(1), "/rooms/7?context=" + ann.context(), ann.cookie())
                        .body())
                .contains(">ann 2<")
                .contains(ann.context());
    }

    @Test
    void page_that_is_declared_again_is_not_used_before_it_has_its_state() {
        PageClient ann = PageClient.load(node(0), "/slow").open();
        ok(act(ann, node(0), "add", "a1"));
        failing.cut(node(0));
        ann.close();
        CompletableFuture<HttpResponse<String>> first =
                CompletableFuture.supplyAsync(() -> act(ann, node(1), "add", "a2"), Thread::startVirtualThread);
        begun.acquireUninterruptibly();

        CompletableFuture<HttpResponse<String>> meanwhile =
                CompletableFuture.supplyAsync(() -> act(ann, node(1), "add", "a3"), Thread::startVirtualThread);
        CompletableFuture<HttpResponse<String>> elsewhere =
                CompletableFuture.supplyAsync(() -> act(ann, node(2), "add", "a4"), Thread::startVirtualThread);
        begun.acquireUninterruptibly();
        go.release(100);

        // Each runs, or is refused because the page has moved, and is then sent again.
        int confirmed = 1;
        for (CompletableFuture<HttpResponse<String>> answer : List.of(first, meanwhile, elsewhere)) {
            assertThat(answer.join().statusCode()).isIn(200, 503);
            assertThat(answer.join().body()).doesNotContain("action=\"refresh\"");
            confirmed += answer.join().statusCode() == 200 ? 1 : 0;
        }
        PageClient again = PageClient.again(ann).open(node(2));
        shows(again, "count", "ann " + confirmed);
        again.close();
    }

    @Test
    void owner_that_was_paused_changes_and_shows_nothing_after_another_node_has_taken_over() {
        PageClient ann = PageClient.load(node(0), "/rooms/7").open();
        ok(act(ann, node(0), "add", "a1"));
        CompletableFuture<HttpResponse<String>> late =
                CompletableFuture.supplyAsync(() -> act(ann, node(0), "share", "a2"), Thread::startVirtualThread);
        begun.acquireUninterruptibly();
        failing.hold(node(0));

        PageClient again = PageClient.again(ann).open(node(1));
        shows(again, "count", "ann 1");
        failing.resume(node(0));
        go.release(10);

        HttpResponse<String> refused = late.join();
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("context-moved");
        ok(act(again, node(1), "share", "a2"));
        shows(again, "count", "ann 2");
        assertThat(again.shown("total")).isEqualTo("1");
        assertThat(ann.shown("count")).isNotEqualTo("ann 2");
        // Its own stream is closed, so its client comes back.
        await().untilAsserted(() -> assertThat(ann.stream().all())
                .anyMatch(event -> String.valueOf(event.data()).contains("application")));
        again.close();
    }

    @Test
    void stream_that_reaches_another_node_brings_the_page_there() {
        PageClient ann = PageClient.load(node(0), "/rooms/7").open();
        ok(act(ann, node(0), "add", "a1"));
        CompletableFuture<HttpResponse<String>> running =
                CompletableFuture.supplyAsync(() -> act(ann, node(0), "hold", "a2"), Thread::startVirtualThread);
        begun.acquireUninterruptibly();
        CompletableFuture<PageClient> opening =
                CompletableFuture.supplyAsync(() -> PageClient.again(ann).open(node(1)), Thread::startVirtualThread);
        go.release();

        ok(running.join());
        PageClient again = opening.join();

        shows(again, "count", "ann 2");
        ok(act(again, node(0), "add", "a3"));
        shows(again, "count", "ann 3");
        assertThat(reloads(again)).isFalse();
        assertThat(ran).containsExactly("add", "hold", "add");
        again.close();
        ann.close();
    }

    @Test
    void action_that_runs_while_its_node_stops_is_awaited_by_the_others() {
        PageClient ann = PageClient.load(node(0), "/rooms/7").open();
        CompletableFuture<HttpResponse<String>> running =
                CompletableFuture.supplyAsync(() -> act(ann, node(0), "announce", "a1"), Thread::startVirtualThread);
        begun.acquireUninterruptibly();
        CompletableFuture<Void> stopping = CompletableFuture.runAsync(node(0)::close, Thread::startVirtualThread);
        await().untilAsserted(() -> assertThat(ann.stream().hasEnded()).isTrue());

        CompletableFuture<HttpResponse<String>> again =
                CompletableFuture.supplyAsync(() -> act(ann, node(1), "announce", "a1"), Thread::startVirtualThread);
        await().until(() -> failing.wasCalled(node(0)) || again.isDone());
        go.release();

        ok(again.join());
        stopping.join();
        assertThat(ran).containsExactly("announce");
        PageClient elsewhere = PageClient.again(ann).open(node(1));
        shows(elsewhere, "count", "ann 1");
        shows(elsewhere, "total", "1");
        assertThat(running).isDone();
        elsewhere.close();
    }

    @Test
    void pages_of_a_node_that_drains_go_on_at_others_and_are_not_closed() throws InterruptedException {
        PageClient ann = PageClient.load(node(0), "/rooms/7").open();
        PageClient bob = PageClient.load(node(0), "/rooms/8");
        ok(act(ann, node(0), "add", "a1"));

        node(0).close();

        PageClient again = PageClient.again(ann).open(node(1));
        shows(again, "count", "ann 1");
        PageClient first = PageClient.again(bob).open(node(2));
        shows(first, "from", "8 -");
        assertThat(reloads(first)).isFalse();
        assertThat(ran).doesNotContain("close");
        again.close();
        first.close();
    }
}
