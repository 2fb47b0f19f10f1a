package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.cli.LightshowPages.answer;
import static dev.carillon.cli.LightshowPages.button;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.carillon.examples.lightshow.Lightshow;
import dev.carillon.mercure.DebugPage;
import dev.carillon.node.Hub;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Axe;
import dev.carillon.testkit.Chromium;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every page that a node serves, as it is at first and in use, has nothing that axe-core finds wrong, light or dark. */
class AccessibilityIT {
    private static final String BOOK = "https://example.com/books/1";
    private static final String BLUE = "{\"scope\":\"topic:lightshow/everyone\",\"type\":\"light\","
            + "\"data\":\"{\\\"to\\\":\\\"everyone\\\",\\\"color\\\":\\\"#1463ff\\\"}\",\"retain\":true}";

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        chromium = new Chromium();
        cluster = new TestCluster(
                "memory://accessibility",
                1,
                Map.of("mode", "development", "mercure-ui", "true", "mercure-subscriptions", "true"),
                new Lightshow());
    }

    @AfterAll
    static void stop() {
        chromium.close();
        cluster.close();
    }

    @AfterEach
    void closePages() {
        chromium.closePages();
    }

    @Test
    void the_start_page() {
        Page page = open("/");
        assertThat(page.locator("#state")).containsText("It works");
        assertClean(page);

        TestCluster.broadcast(cluster.node(0), "{\"scope\":\"route:/board\",\"data\":\"hello\"}");
        assertThat(page.locator("#events li")).hasCount(1);
        assertClean(page);
    }

    @Test
    void the_page_for_debugging() {
        String all = Hub.token(List.of("*"), List.of("*"));
        Page page = open(DebugPage.PATH + "#token=" + all);
        assertThat(page.locator("#publisher-claims")).not().isEmpty();
        assertClean(page);

        button(page, "Subscribe").click();
        assertThat(page.locator("#stream")).containsText("Subscribed.");
        Hub.publish(cluster.node(0), "topic", BOOK, "data", "hello");
        assertThat(page.locator("#updates li")).hasCount(1);
        button(page, "Load").click();
        assertThat(page.locator("#subscriptions tr")).not().hasCount(0);
        page.getByLabel("Publisher token").fill("forged");
        button(page, "Publish").click();
        assertThat(page.locator("#published")).containsText("401");
        assertClean(page);
    }

    @Test
    @Tag("full")
    void the_light_show() {
        TestCluster.broadcast(cluster.node(0), BLUE);
        Page phone = open("/lightshow");
        assertThat(button(phone, "Light up")).isVisible();
        assertClean(phone);
        answer(phone, "Yes", "20+");
        LightshowPages.awaitColour(phone, "#1463ff");
        assertClean(phone);

        Page asked = open("/lightshow/stage");
        assertThat(asked.getByLabel("Token that grants")).isVisible();
        assertClean(asked);
        Page stage = open("/lightshow/stage#token=" + TestCluster.token());
        assertThat(stage.locator("#hall td").filter(new Locator.FilterOptions().setHasText("Blue")))
                .hasCount(10);
        assertThat(stage.locator("#nodes li")).hasCount(1);
        assertClean(stage);
        button(stage, "Start").click();
        assertThat(stage.locator("#result")).hasText("Everyone: count-down");
        assertClean(stage);
        button(stage, "Stop").click();
        assertThat(stage.locator("#result")).hasText("The count-down was stopped");
    }

    @Test
    void the_console() {
        ConsolePage console = ConsolePage.open(
                chromium, "http://127.0.0.1:" + cluster.node(0).adminPort(), 390, 844, ColorScheme.DARK);
        assertThat(console.page().getByLabel("Operators' token")).isFocused();
        assertClean(console.page());
        console.signIn(TestCluster.OPERATOR);
        assertThat(console.node(cluster.node(0).id())).containsText("serving");
        assertClean(console.page());
        console.button("Revoke access …").click();
        assertThat(console.dialog()).containsText("Every node refuses the token");
        assertClean(console.page());
        console.inDialog("Cancel").click();
        assertThat(console.dialog()).hasCount(0);
    }

    @Tag("full")
    @Test
    void the_light_show_by_mercure() {
        Page start = open("/lightshow/mercure");
        assertThat(start.getByText("A guest")).isVisible();
        assertClean(start);
        Page phone = open("/lightshow/mercure/phone?group=guests");
        assertClean(phone);
        Page stage = open("/lightshow/mercure/stage#token=" + Hub.token(List.of("*"), List.of("*")));
        button(stage, "Violet").click();
        assertThat(stage.locator("output")).hasText("Sent: violet");
        assertThat(phone.locator("output")).hasText("violet");
        assertClean(stage);
        assertClean(phone);
    }

    private static void assertClean(Page page) {
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
            assertThat(Axe.violations(page)).as(page.url() + " " + scheme).isEmpty();
        }
    }

    private static Page open(String path) {
        // No fades: a colour between two would be measured.
        Page page = chromium.page(
                new Browser.NewContextOptions().setViewportSize(390, 844).setReducedMotion(ReducedMotion.REDUCE));
        page.navigate("http://127.0.0.1:" + cluster.node(0).port() + path);
        return page;
    }
}
