package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The console of a cluster of three processes over Redis, in a browser: quiet, under load, on a phone, while a node drains, and when one is killed. Its pictures are
 * those of docs/console.md.
 */
@Tag("full")
@Tag("redis")
class ConsoleClusterIT {
    private static final int WIDTH = 1360;
    private static final int PHONE = 390;
    private static final int STREAMS_PER_NODE = 60;
    private static final String OPERATOR = "token-of-the-operators-for-pictures";

    /** Clients of every node, and broadcasts to them in waves. */
    private static final class Traffic implements AutoCloseable {
        private final List<SseClient> clients = new ArrayList<>();
        private final HttpClient http = HttpClient.newHttpClient();
        private final AtomicInteger sent = new AtomicInteger();
        private final UpProcess up;
        private final String token;
        private final Thread thread;
        private volatile boolean ended;

        Traffic(UpProcess up) {
            this.up = up;
            this.token = up.token();
            for (int i = 0; i < UpProcess.NODES * STREAMS_PER_NODE; i++) {
                String target =
                        "/events?topic=" + List.of("orders", "news", "scores").get(i % 3) + "&route=/board";
                int port = URI.create(up.node(1 + i % UpProcess.NODES)).getPort();
                clients.add(SseClient.open(port, target, Map.of()));
            }
            this.thread = Thread.ofVirtual().start(this::broadcast);
        }

        private void broadcast() {
            while (!ended) {
                int number = sent.incrementAndGet();
                String scope = number % 4 == 0
                        ? "route:/board"
                        : "topic:" + List.of("orders", "news").get(number % 2);
                HttpRequest request = HttpRequest.newBuilder(URI.create(up.node(1) + "/broadcast"))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                "{\"scope\":\"" + scope + "\",\"data\":\"" + number + "\"}"))
                        .build();
                // One after the other: as many as the node answers.
                http.sendAsync(request, HttpResponse.BodyHandlers.discarding())
                        .exceptionally(e -> null)
                        .join();
            }
        }

        @Override
        public void close() {
            ended = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            clients.forEach(SseClient::close);
        }
    }

    @Test
    void operator_watches_a_cluster_at_rest_under_load_draining_and_losing_a_node() throws Exception {
        try (TestServer redis = Servers.redis();
                UpProcess up = UpProcess.start(
                        "redis://127.0.0.1:" + redis.port(),
                        "--operator-token",
                        OPERATOR,
                        "--drain-notice",
                        "5s",
                        "--drain-timeout",
                        "25s",
                        "--drain-rate",
                        "1");
                Chromium chromium = new Chromium()) {
            String admin = "http://127.0.0.1:" + (up.port() + UpProcess.NODES + 1);
            ConsolePage sign = ConsolePage.open(chromium, admin, PHONE, 844, ColorScheme.LIGHT);
            assertThat(sign.page().getByLabel("Operators' token")).isFocused();
            sign.assertClean();
            sign.picture("sign-in");

            ConsolePage console = ConsolePage.signedIn(chromium, admin, OPERATOR, WIDTH, ColorScheme.LIGHT);
            assertThat(console.page().locator("#state")).hasText("Live from node n1");
            assertThat(console.page().locator("#tiles")).containsText("3 of 3");
            assertThat(console.page().locator("#broker")).containsText("redis");
            console.assertClean();
            console.picture("quiet");

            try (Traffic traffic = new Traffic(up)) {
                underLoad(console);
                for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                    appearance(chromium, admin, scheme);
                }
                explained(console);
                leaving(console, up);
                assertThat(traffic.sent).hasPositiveValue();
            }
            assertThat(chromium.consoleErrors()).isEmpty();
        }
    }

    private static void underLoad(ConsolePage console) {
        assertThat(console.page().locator("#tiles")).containsText("180");
        assertThat(console.page().locator("#scopes")).containsText("route:/board");
        // A frame a second, in parts that a wait suffices for.
        awaitFrames(console.page(), frames(console.page()) + 20);
        awaitFrames(console.page(), frames(console.page()) + 20);
        assertThat(console.page().locator("#tiles")).containsText("Delivery, p99");
        console.assertClean();
        console.documented("load");
    }

    private static void appearance(Chromium chromium, String admin, ColorScheme scheme) {
        String name = scheme == ColorScheme.DARK ? "dark" : "light";
        ConsolePage desk = ConsolePage.signedIn(chromium, admin, OPERATOR, WIDTH, scheme);
        awaitFrames(desk.page(), 4);
        desk.assertFits(WIDTH);
        desk.assertClean();
        desk.picture(name);
        ConsolePage phone = ConsolePage.signedIn(chromium, admin, OPERATOR, PHONE, scheme);
        awaitFrames(phone.page(), 4);
        phone.assertFits(PHONE);
        phone.assertClean();
        if (scheme == ColorScheme.DARK) {
            phone.documented("phone");
        } else {
            phone.picture("phone-light");
        }
        ConsolePage small = ConsolePage.signedIn(chromium, admin, OPERATOR, 320, scheme);
        small.assertFits(320);
        chromium.consoleErrors().forEach(line -> assertThat(line).isEmpty());
    }

    private static void explained(ConsolePage console) {
        console.button("Broadcast a test event …").click();
        console.dialog().getByLabel("Scope").fill("topic:orders");
        console.inDialog("Broadcast").click();
        assertThat(console.result()).containsText("The event is in the log: ");
        String result = console.result().textContent();
        Locator why = console.page().locator("#why-part");
        why.getByLabel("Event").fill(result.substring(result.indexOf(": ") + 2));
        console.button("Explain").click();
        assertThat(why.locator("#why-result")).containsText("60 written");
        console.assertClean();
        Pictures.document(why, "console-why");
    }

    private static void leaving(ConsolePage console, UpProcess up) {
        console.button("Drain node n2").click();
        console.assertClean();
        console.picture("dialog");
        console.inDialog("Drain the node").click();
        assertThat(console.node("n2").locator(".badge")).hasText("releasing");
        // At once: the next look may be after the end of the drain.
        console.documented("drain");
        assertThat(console.feed()).containsText("node n2 left the cluster");
        console.assertClean();

        boolean _ = up.member(3).destroyForcibly();
        assertThat(console.page().locator("#state")).hasText("No answer from n3");
        assertThat(console.node("n3")).containsText("no answer");
        assertThat(console.feed()).containsText("node n3 was lost");
        // At once: its record expires some seconds later.
        console.documented("lost");
        console.assertClean();
        // The browser keeps its stream from the node that lives.
        int frames = frames(console.page());
        awaitFrames(console.page(), frames + 2);
    }

    private static int frames(Page page) {
        return Integer.parseInt((String) page.evaluate("() => document.documentElement.dataset.frames"));
    }

    private static void awaitFrames(Page page, int frames) {
        page.waitForFunction("n => Number(document.documentElement.dataset.frames) >= n", frames);
    }
}
