package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.SseClient;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Events for the handlers of pages, on two nodes. */
abstract class EventsContract {
    private final App app =
            Carillon.app(AppOptions.defaults().actionsPerSecond(1_000)).page("/rooms/{name}", EventsContract::room);

    private TestCluster cluster;

    protected abstract String broker();

    private static void room(Page page) {
        Signal<String> heard = page.signal("heard", "");
        Signal<String> room = page.input("room", "");
        Scope own = Scope.topic("room:" + page.path("name"));
        page.on(own, event -> heard.update(text -> text + event.data()));
        page.on(
                new Selector("topic:side:*"),
                event -> heard.update(text -> text + event.scopes().getFirst().name() + "=" + event.data()));
        page.action("join", () -> page.join(Scope.topic("side:" + room.get())));
        page.action("leave", () -> page.leave(Scope.topic("side:" + room.get())));
        page.action("say", () -> page.broadcast(own, "said", room.get()));
        page.action("all", () -> page.broadcast(new Selector("topic:room:*"), null, room.get()));
        page.view("heard", heard::text);
    }

    @BeforeEach
    void start() {
        cluster = new TestCluster(broker(), 2, Map.of(), app);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private PageClient tab(int node, String room) {
        return PageClient.load(cluster.node(node), "/rooms/" + room).open();
    }

    private static void hears(PageClient client, String text) {
        await().untilAsserted(() -> assertThat(client.shown("heard")).isEqualTo(text));
    }

    @Test
    void event_of_a_scope_reaches_the_handlers_of_its_pages_on_every_node_and_other_subscribers() {
        try (PageClient ann = tab(0, "a");
                PageClient bob = tab(1, "a");
                PageClient cat = tab(1, "b");
                SseClient plain = SseClient.open(cluster.node(1).port(), "/events?topic=room:a")
                        .opened()) {
            ann.act("say", "room", "1");
            app.broadcast(Event.to(Scope.topic("room:a")).data("2").build())
                    .toCompletableFuture()
                    .join();
            cat.act("say", "room", "3");

            hears(ann, "12");
            hears(bob, "12");
            hears(cat, "3");
            await().untilAsserted(() -> assertThat(plain.all())
                    .extracting(SseClient.Received::data)
                    .contains("1", "2")
                    .doesNotContain("3"));
            assertThat(bob.stream().all()).extracting(SseClient.Received::data).doesNotContain("1", "2");
        }
    }

    @Test
    void event_for_a_pattern_reaches_all_matching_scopes_on_every_node() {
        try (PageClient ann = tab(0, "a");
                PageClient bob = tab(1, "b")) {
            ann.act("all", "room", "1");
            hears(ann, "1");
            hears(bob, "1");
            app.broadcast(Tenant.DEFAULT, new Selector("topic:*:b"), null, "2\n2")
                    .toCompletableFuture()
                    .join();
            hears(bob, "12\n2");
            bob.act("all", "room", "3");
            hears(ann, "13");
        }
    }

    @Test
    void scope_that_is_joined_and_left_while_the_page_runs_has_its_events_in_between() {
        try (PageClient ann = tab(0, "a");
                PageClient bob = tab(1, "b")) {
            broadcast("side:x", "0");
            ann.act("join", "room", "x");
            broadcast("side:x", "1");
            hears(ann, "side:x=1");
            ann.act("leave", "room", "x");
            broadcast("side:x", "2");
            ann.act("join", "room", "y");
            app.broadcast(Tenant.DEFAULT, new Selector("topic:side:*"), null, "3")
                    .toCompletableFuture()
                    .join();

            hears(ann, "side:x=1side:y=3");
            assertThat(bob.shown("heard")).isNull();
        }
    }

    private void broadcast(String topic, String data) {
        app.broadcast(Event.to(Scope.topic(topic)).data(data).build())
                .toCompletableFuture()
                .join();
    }

    @Test
    void event_of_several_scopes_is_handled_once() {
        try (PageClient ann = tab(0, "a")) {
            ann.act("join", "room", "x");
            app.broadcast(Event.to(Scope.topic("side:x"), Scope.topic("room:a"))
                            .data("1")
                            .build())
                    .toCompletableFuture()
                    .join();
            broadcast("room:a", "2");

            // Once for each of the two handlers, of which each has its events in order.
            await().untilAsserted(() -> assertThat(ann.shown("heard")).hasSize("12side:x=1".length()));
            String heard = String.valueOf(ann.shown("heard"));
            assertThat(heard).contains("side:x=1");
            assertThat(heard.replace("side:x=1", "")).isEqualTo("12");
        }
    }
}
