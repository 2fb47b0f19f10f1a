package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.cli.LightshowPages.button;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.carillon.mercure.DebugPage;
import dev.carillon.node.Hub;
import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The hub's page for debugging in a browser. */
@Tag("process")
@Tag("chromium")
class DebugPageIT {
    private static final String BROKER = "memory://debug-page";
    private static final Map<String, String> SETTINGS = Map.of("mercure-ui", "true");
    private static final String ALL = Hub.token(List.of("*"), List.of("*"));
    private static final String BOOK = "https://example.com/books/1";

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        chromium = new Chromium();
        cluster = new TestCluster(BROKER, 1, SETTINGS);
    }

    @AfterAll
    static void stop() {
        chromium.close();
        cluster.close();
    }

    @AfterEach
    void no_page_complained() {
        chromium.closePages();
        // The browser itself writes a refused request, and a stream that was cut off, as an error.
        assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("Failed to load resource"));
    }

    @Test
    @Tag("full")
    void it_discovers_the_hub_of_a_page_and_says_where_there_is_none() {
        Page page = open("");
        assertThat(page.getByLabel("Address of this node")).hasValue(DebugPage.PATH);
        button(page, "Discover").click();
        assertThat(page.locator("#discovered")).hasText("Its hub: " + url() + "/.well-known/mercure");

        page.getByLabel("Address of this node").fill("/_health");
        page.keyboard().press("Enter");
        assertThat(page.locator("#discovered")).containsText("without a Link header with rel=\"mercure\"");

        page.getByLabel("Address of this node").fill("https://example.com/");
        page.keyboard().press("Enter");
        assertThat(page.locator("#discovered")).containsText("give an address that begins with / or " + url());
    }

    @Test
    @Tag("full")
    void it_finds_hub_and_topic_among_other_links() {
        Page page = open("");
        page.route(
                "**/elsewhere",
                route -> route.fulfill(
                        new Route.FulfillOptions()
                                .setHeaders(
                                        Map.of(
                                                "Link",
                                                "</a,b>; rel=preload; as=\"x;y\", <https://hub.test/hub>; title=\"a, b\"; rel=\"other Mercure\", <books/1>; rel=self"))));

        page.getByLabel("Address of this node").fill("/elsewhere");
        button(page, "Discover").click();

        assertThat(page.locator("#discovered"))
                .hasText("Its hub: https://hub.test/hub; its topic: " + url() + "/books/1");
    }

    @Test
    void update_published_with_a_token_is_shown_on_arrival() {
        Page page = open("");
        page.getByLabel("Subscriber token").fill(ALL);
        page.getByLabel("Publisher token").fill(ALL);
        assertThat(page.locator("#subscriber-claims")).hasText("Private updates of *.");
        assertThat(page.locator("#publisher-claims")).hasText("Publishes to *.");
        subscribe(page, "https://example.com/books/{id}\nhttps://example.com/films");
        publish(page, "https://elsewhere.test/1\n" + BOOK, "<b>one</b>\ntwo", "urn:debug:1", "loan", true);

        assertThat(page.locator("#published")).hasText("Published: urn:debug:1");
        Locator update = page.locator("#updates li");
        assertThat(update).hasCount(1);
        assertThat(update.locator("time")).hasText(Pattern.compile("\\d\\d:\\d\\d:\\d\\d\\.\\d{3}"));
        assertThat(update.locator("code")).hasText("urn:debug:1");
        assertThat(update.locator("strong")).hasText("loan");
        assertThat(update.locator("pre").textContent()).isEqualTo("<b>one</b>\ntwo");
        assertThat(page.locator("#count")).hasText("1");

        button(page, "Clear").click();
        assertThat(update).hasCount(0);
    }

    @Test
    @Tag("full")
    void a_private_update_does_not_arrive_without_a_token() {
        Page page = open("");
        subscribe(page, BOOK);
        page.getByLabel("Publisher token").fill(ALL);
        publish(page, BOOK, "private", "", "", true);
        assertThat(page.locator("#published")).hasText(Pattern.compile("Published: urn:uuid:[0-9a-f-]{36}"));
        publish(page, BOOK, "public", "", "", false);

        assertThat(page.locator("#updates pre")).hasText(new String[] {"public"});
        assertThat(page.locator("#updates strong")).hasText("message");
    }

    @Test
    void a_refused_publish_says_why_and_what_to_do_next() {
        Page page = open("");
        publish(page, BOOK, "x", "", "", false);
        assertThat(page.locator("#published")).containsText("401 token-missing:");
        assertThat(page.locator("#published")).containsText("Fill in a token");

        page.getByLabel("Publisher token").fill(Hub.token(List.of("https://example.com/films"), List.of()));
        assertThat(page.locator("#publisher-claims")).hasText("Publishes to https://example.com/films.");
        button(page, "Publish").click();
        assertThat(page.locator("#published"))
                .hasText("401 not-granted: the token does not grant publishing to " + BOOK
                        + ". Take a token that covers it.");
        assertThat(page.locator("#published")).hasClass(Pattern.compile("error"));

        page.getByLabel("Publisher token").fill("forged");
        assertThat(page.locator("#publisher-claims")).containsText("This is no JWT");
        button(page, "Publish").click();
        assertThat(page.locator("#published")).containsText("401 token-invalid:");

        page.getByLabel("Publisher token").fill(ALL);
        page.getByLabel("Retry (ms)").fill("soon");
        button(page, "Publish").click();
        assertThat(page.locator("#published")).containsText("400 invalid-request: Invalid \"retry\" parameter");
    }

    @Test
    @Tag("full")
    void a_refused_subscription_says_why_and_ends() {
        Page page = open("");
        page.getByLabel("Subscriber token").fill("a.b.c");
        button(page, "Subscribe").click();

        assertThat(page.locator("#stream")).containsText("401 token-invalid:");
        assertThat(button(page, "Stop")).isDisabled();
    }

    @Test
    @Tag("full")
    void it_begins_after_the_last_event_id() {
        String topic = "https://example.com/kept";
        String first = Hub.publish(cluster.node(0), "topic", topic, "data", "first");
        Hub.publish(cluster.node(0), "topic", topic, "data", "second");
        Page page = open("");

        page.getByLabel("Last event id").fill(first);
        subscribe(page, topic);
        assertThat(page.locator("#updates pre")).hasText(new String[] {"second"});
        assertThat(page.locator("#stream")).hasText("Subscribed. What came after the last event id comes first.");

        page.getByLabel("Last event id").fill("nobody's");
        subscribe(page, topic);
        assertThat(page.locator("#stream"))
                .hasText("Subscribed. The hub does not know that id: only what is new comes.");

        button(page, "Clear").click();
        page.getByLabel("Last event id").fill("earliest");
        subscribe(page, topic);
        assertThat(page.locator("#updates pre")).hasText(new String[] {"second", "first"});
        assertThat(page.locator("#stream")).hasText("Subscribed. All that is kept comes first.");
    }

    @Test
    void page_resumes_after_the_last_update_when_its_node_restarts() {
        String topic = "https://example.com/broken";
        // The other node keeps the log.
        try (TestCluster two = new TestCluster("memory://debug-page-broken", 2, SETTINGS)) {
            int port = two.node(0).port();
            Page page = chromium.page(1280, 800);
            page.navigate("http://127.0.0.1:" + port + DebugPage.PATH);
            subscribe(page, topic);
            Hub.publish(two.node(1), "topic", topic, "data", "before", "retry", "500");
            assertThat(page.locator("#updates pre")).hasText("before");

            two.node(0).close();
            assertThat(page.locator("#stream")).containsText("Trying again, from the last id, in ");
            Hub.publish(two.node(1), "topic", topic, "data", "meanwhile");
            try (Node _ = Node.start(TestCluster.config(
                    "again", "memory://debug-page-broken", Map.of("port", Integer.toString(port))))) {
                assertThat(page.locator("#updates pre")).hasText(new String[] {"meanwhile", "before"});
                button(page, "Stop").click();
                assertThat(page.locator("#stream")).hasText("Stopped.");
            }
        }
    }

    @Test
    void a_stopped_stream_is_gone_from_the_node() {
        Page page = open("");
        subscribe(page, "https://example.com/stopped");
        button(page, "Stop").click();

        Awaitility.await().until(() -> streams() == 0);
    }

    @Test
    @Tag("full")
    void it_keeps_the_newest_200_updates() {
        String topic = "https://example.com/many";
        Page page = open("");
        subscribe(page, topic);
        for (int i = 1; i <= 250; i++) {
            Hub.publish(cluster.node(0), "topic", topic, "data", "" + i);
        }

        assertThat(page.locator("#count")).hasText("250; the newest 200 are shown");
        assertThat(page.locator("#updates li")).hasCount(200);
        assertThat(page.locator("#updates pre").first()).hasText("250");
        assertThat(page.locator("#updates pre").last()).hasText("51");
    }

    @Test
    void a_token_after_the_hash_fills_both_fields_and_is_in_no_address() {
        List<String> addresses = new ArrayList<>();
        Page page = chromium.page(1280, 800);
        page.onRequest((Request request) -> addresses.add(request.url()));
        page.navigate(url() + DebugPage.PATH + "#token=" + ALL);
        assertThat(page.locator("#publisher-token")).hasValue(ALL);
        assertThat(page.url()).isEqualTo(url() + DebugPage.PATH);
        page.reload();
        assertThat(page.locator("#subscriber-token")).hasValue(ALL);

        subscribe(page, BOOK);
        publish(page, BOOK, "x", "", "", true);
        assertThat(page.locator("#updates pre")).hasText("x");
        assertThat(addresses).isNotEmpty().noneMatch(address -> address.contains(ALL.substring(0, 20)));
    }

    @Test
    void it_lists_active_subscriptions_as_text_and_says_where_there_are_none_to_list() {
        Page page = open("");
        page.route("**/subscriptions", route -> route.fulfill(new Route.FulfillOptions().setStatus(404)));
        button(page, "Load").click();
        assertThat(page.locator("#loaded"))
                .hasText("This node does not tell of them: start it with --mercure-subscriptions.");

        page.unroute("**/subscriptions");
        page.route("**/subscriptions", route -> route.fulfill(new Route.FulfillOptions().setBody("""
                        {"type":"Subscriptions","lastEventID":"urn:uuid:9","subscriptions":[
                        {"subscriber":"urn:uuid:bb3d","topic":"<i>{id}</i>","active":true,"payload":{"user":"<b>"}},
                        {"subscriber":"urn:uuid:cc4e","topic":"*","active":true}]}""")));
        button(page, "Load").click();
        assertThat(page.locator("#loaded")).hasText("2 active.");
        assertThat(page.locator("#subscriptions td"))
                .hasText(new String[] {"<i>{id}</i>", "urn:uuid:bb3d", "{\"user\":\"<b>\"}", "*", "urn:uuid:cc4e", ""});
    }

    @Test
    @Tag("full")
    void all_of_it_can_be_done_by_keyboard() {
        Page page = open("#token=" + ALL);
        List<String> reached = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            page.keyboard().press("Tab");
            reached.add((String) page.evaluate("document.activeElement.id || document.activeElement.textContent"));
        }
        assertThat(reached)
                .containsSequence("address", "Discover", "topics", "subscriber-token", "last-id", "Subscribe")
                .containsSequence(
                        "update-topics", "data", "id", "type", "retry", "private", "publisher-token", "Publish");

        page.locator("#last-id").focus();
        page.keyboard().press("Enter");
        assertThat(page.locator("#stream")).containsText("Subscribed.");
        page.locator("#type").fill("typed");
        page.keyboard().press("Enter");
        assertThat(page.locator("#updates strong")).hasText("typed");
        page.locator("#publisher-token").focus();
        page.keyboard().press("Tab");
        assertThat(button(page, "Publish")).isFocused();
        assertThat(button(page, "Publish")).hasCSS("outline-style", "solid");
    }

    @Test
    void a_screen_reader_finds_names_and_roles() {
        Page page = open("");
        for (String section : List.of("Discover", "Subscribe", "Publish", "Updates", "Active subscriptions")) {
            assertThat(page.getByRole(
                            AriaRole.REGION,
                            new Page.GetByRoleOptions().setName(section).setExact(true)))
                    .hasCount(1);
        }
        assertThat(page.locator("input:not([type=checkbox]), textarea")).hasCount(10);
        assertThat(
                        page.evaluate(
                                "[...document.querySelectorAll('input, textarea')].filter(field => field.labels.length !== 1).length"))
                .isEqualTo(0);
        subscribe(page, BOOK);
        Hub.publish(cluster.node(0), "topic", BOOK, "data", "x");
        assertThat(page.getByRole(AriaRole.LOG, new Page.GetByRoleOptions().setName("Updates"))
                        .getByRole(AriaRole.LISTITEM))
                .hasCount(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {320, 390, 1280})
    @Tag("full")
    void nothing_is_wider_than_the_screen(int width) {
        Page page = chromium.page(width, 844);
        page.navigate(url() + DebugPage.PATH + "#token=" + ALL);
        subscribe(page, BOOK);
        publish(page, BOOK, "x".repeat(3_000), "urn:" + "y".repeat(500) + width, "z".repeat(100), false);
        assertThat(page.locator("#updates pre")).hasText("x".repeat(3_000));

        assertThat((int) page.evaluate("document.documentElement.scrollWidth")).isLessThanOrEqualTo(width);
        assertThat((int) page.evaluate("document.getElementById('log').scrollWidth"))
                .isLessThanOrEqualTo(width);
    }

    @Test
    @Tag("full")
    void a_phone_shows_what_arrives_while_its_user_is_at_any_form() {
        Page page = chromium.page(390, 844);
        page.navigate(url() + DebugPage.PATH + "#token=" + ALL);
        subscribe(page, BOOK);
        for (int i = 1; i <= 30; i++) {
            Hub.publish(cluster.node(0), "topic", BOOK, "data", "update " + i);
        }
        assertThat(page.locator("#updates li")).hasCount(30);

        for (String form : List.of("subscribe", "publish", "discover")) {
            Locator button = page.locator("#" + form + " button").first();
            button.scrollIntoViewIfNeeded();
            button.focus();
            assertThat(page.locator("#updates li").first())
                    .isInViewport(new LocatorAssertions.IsInViewportOptions().setRatio(1));
            assertThat(button).isInViewport(new LocatorAssertions.IsInViewportOptions().setRatio(1));
            assertThat(
                            (boolean)
                                    button.evaluate(
                                            "button => { const box = button.getBoundingClientRect();"
                                                    + " return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) === button; }"))
                    .isTrue();
        }
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "mercure-phone.png")));
    }

    /** For people to look at: {@code target/mercure-*.png}. */
    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    @Tag("full")
    void pictures(ColorScheme scheme) {
        for (int width : new int[] {1280, 390}) {
            Page page = chromium.page(new Browser.NewContextOptions()
                    .setViewportSize(width, width == 1280 ? 800 : 844)
                    .setColorScheme(scheme));
            page.navigate(url() + DebugPage.PATH + "#token=" + ALL);
            picture(page, "empty-" + width + "-" + scheme);
            button(page, "Discover").click();
            subscribe(page, "https://example.com/books/{id}");
            publish(page, BOOK, "{\"status\": \"on loan\"}", "", "", false);
            assertThat(page.locator("#updates li")).hasCount(1);
            publish(
                    page,
                    BOOK,
                    "{\"status\": \"back\", \"shelf\": [3, 4]}",
                    "urn:library:" + width + scheme,
                    "loan",
                    true);
            assertThat(page.locator("#updates li")).hasCount(2);
            page.getByLabel("Publisher token").fill(Hub.token(List.of("https://example.com/films"), List.of()));
            button(page, "Publish").click();
            assertThat(page.locator("#published")).containsText("401");
            picture(page, "used-" + width + "-" + scheme);
        }
    }

    private static Page open(String fragment) {
        Page page = chromium.page(1280, 800);
        page.navigate(url() + DebugPage.PATH + fragment);
        assertThat(page.locator("#publisher-claims")).not().isEmpty();
        return page;
    }

    private static void subscribe(Page page, String topics) {
        page.getByLabel("Topics", new Page.GetByLabelOptions().setExact(true)).fill(topics);
        button(page, "Subscribe").click();
        assertThat(page.locator("#stream")).containsText("Subscribed.");
    }

    private static void publish(Page page, String topics, String data, String id, String type, boolean isPrivate) {
        page.getByLabel("Topics of the update").fill(topics);
        page.getByLabel("Data").fill(data);
        page.locator("#id").fill(id);
        page.locator("#type").fill(type);
        page.locator("#private").setChecked(isPrivate);
        button(page, "Publish").click();
    }

    private static void picture(Page page, String name) {
        byte[] png = page.screenshot(new Page.ScreenshotOptions()
                .setPath(Path.of("target", "mercure-" + name + ".png"))
                .setFullPage(true));
        assertThat(png.length).isGreaterThan(1_000);
    }

    private static double streams() {
        return TestCluster.metric(cluster.node(0), "carillon_connections_open");
    }

    private static String url() {
        return "http://127.0.0.1:" + cluster.node(0).port();
    }
}
