package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.page.Page;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Code of a page that waits for its turn. */
class TurnIT {
    private static final Scope ROOM = Scope.topic("room");

    private static final int HOLDS = 10;

    private final Semaphore held = new Semaphore(0);
    private final List<String> ran = new CopyOnWriteArrayList<>();
    private final App app = Carillon.app(AppOptions.defaults().actionTimeout(Duration.ofMillis(200)))
            .page("/room", this::room);
    private final TestCluster cluster = new TestCluster("memory://" + UUID.randomUUID(), 1, Map.of(), app);

    private void room(Page page) {
        page.on(ROOM, event -> ran.add("event"));
        page.onDisconnect(() -> ran.add("disconnect"));
        page.action("hold", held::acquireUninterruptibly);
        page.view("text", () -> "");
    }

    @AfterEach
    void close() {
        held.release(HOLDS);
        cluster.close();
    }

    @Test
    void events_and_hooks_run_although_they_waited_longer_than_the_time_limit() {
        PageClient ann = PageClient.load(cluster.node(0), "/room").open();
        hold(ann);
        app.broadcast(Event.to(ROOM).data("").build()).toCompletableFuture().join();
        ann.close();
        await().until(() -> !app.contexts().getFirst().connected());
        // Each of them waits as long as the limit.
        for (int i = 0; i < 3; i++) {
            hold(ann);
        }
        assertThat(ran).isEmpty();

        held.release(HOLDS);

        await().untilAsserted(() -> assertThat(ran).containsExactly("event", "disconnect"));
    }

    private void hold(PageClient tab) {
        assertThat(tab.post(
                                cluster.node(0),
                                "hold",
                                Map.of("Accept", PageClient.TURBO, "Origin", PageClient.origin(cluster.node(0))))
                        .body())
                .contains("did not end within 200 ms");
    }
}
