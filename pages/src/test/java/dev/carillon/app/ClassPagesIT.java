package dev.carillon.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.page.Signal;
import dev.carillon.page.Stored;
import dev.carillon.page.Views;
import dev.carillon.page.annotation.Arrangement;
import dev.carillon.page.annotation.Audience;
import dev.carillon.page.annotation.Elements;
import dev.carillon.page.annotation.FromSession;
import dev.carillon.page.annotation.Input;
import dev.carillon.page.annotation.LivePage;
import dev.carillon.page.annotation.OnClose;
import dev.carillon.page.annotation.OnConnect;
import dev.carillon.page.annotation.OnDisconnect;
import dev.carillon.page.annotation.PageAction;
import dev.carillon.page.annotation.PageView;
import dev.carillon.page.annotation.PathParameter;
import dev.carillon.page.annotation.Persisted;
import dev.carillon.page.annotation.Shared;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages that are classes, on nodes that fail. */
class ClassPagesIT {
    enum Size {
        SMALL,
        LARGE
    }

    /** What the application gives its pages. */
    record Log(List<String> lines) {}

    @LivePage(value = "/{id}", title = "A room")
    static final class Room {
        private final Elements elements;
        private final Log log;
        private final int id;
        private final Signal<Integer> total;
        private final Stored<String> who;

        @Persisted
        private int count = 1;

        @Persisted
        private Size size = Size.SMALL;

        @Input
        private String text = "first";

        /** Of the object alone. */
        private int lost;

        Room(
                Elements elements,
                Log log,
                @PathParameter("id") int id,
                @Shared(name = "total", initial = "0") Signal<Integer> total,
                @FromSession("who") Stored<String> who) {
            this.elements = elements;
            this.log = log;
            this.id = id;
            this.total = total;
            this.who = who;
        }

        @PageAction
        void add() {
            count += text.length();
            size = Size.LARGE;
            text = "by the server";
            lost++;
            total.update(n -> n + 1);
            who.set("ann");
        }

        @PageAction("fail")
        void failing() {
            count++;
            throw new IllegalStateException("what it changed before stays");
        }

        @OnConnect
        void connected() {
            log.lines().add("connected " + count);
        }

        @OnDisconnect
        void disconnected() {
            log.lines().add("disconnected " + count);
        }

        @OnClose
        void closed() {
            log.lines().add("closed " + count);
        }

        @PageView
        String state() {
            return id + " " + count + " " + size + " " + lost;
        }

        @PageView(name = "form")
        String fields() {
            return "<input " + elements.field("text") + ">"
                    + elements.action("add").button("Add");
        }

        @PageView(Audience.ROUTE)
        String all() {
            return total.text();
        }

        @Arrangement
        String body(Views views) {
            return "<main>" + views.view("state") + views.view("form") + views.view("all") + "</main>";
        }
    }

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final FailingNodes failing = new FailingNodes(Carillon.app(AppOptions.defaults())
            .provide(new Log(lines))
            .group("/rooms", rooms -> rooms.page(Room.class)));
    private final TestCluster cluster =
            new TestCluster("memory://" + UUID.randomUUID(), 2, Map.of("context-linger", "1s"), failing);

    @AfterEach
    void close() {
        cluster.close();
    }

    @Test
    void fields_survive_the_failure_of_their_node() {
        PageClient ann = PageClient.load(cluster.node(0), "/rooms/7").open();
        assertThat(ann.html()).contains("<title>A room</title>", "<main><div id=\"state\">7 1 SMALL 0</div>");
        RevivalContract.ok(RevivalContract.act(ann, cluster.node(0), "add", "a1", "text", "typed"));
        RevivalContract.shows(ann, "state", "7 6 LARGE 1");
        RevivalContract.shows(ann, "all", "1");
        await().untilAsserted(() -> assertThat(ann.shown("form")).contains("value=\"by the server\""));
        failing.cut(cluster.node(0));
        ann.close();

        PageClient again = PageClient.again(ann).open(cluster.node(1));

        RevivalContract.shows(again, "state", "7 6 LARGE 0");
        RevivalContract.ok(RevivalContract.act(again, cluster.node(1), "add", "a2", "text", "x"));
        RevivalContract.shows(again, "state", "7 7 LARGE 1");
        RevivalContract.shows(again, "all", "2");
        assertThat(RevivalContract.act(again, cluster.node(1), "fail", "a3", "text", "x")
                        .statusCode())
                .isEqualTo(500);
        RevivalContract.shows(again, "state", "7 8 LARGE 1");
        again.close();
        await().untilAsserted(
                        () -> assertThat(lines).contains("connected 1", "connected 6", "disconnected 8", "closed 8"));
    }
}
