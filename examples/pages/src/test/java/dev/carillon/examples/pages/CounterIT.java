package dev.carillon.examples.pages;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Axe;
import dev.carillon.testkit.Chromium;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The counter in two browsers, each on a node of its own. */
@Tag("process")
@Tag("chromium")
class CounterIT {
    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    @SuppressWarnings("NullAway.Init")
    private TestCluster cluster;

    @BeforeAll
    static void startBrowser() {
        chromium = new Chromium();
    }

    @AfterAll
    static void stopBrowser() {
        chromium.close();
    }

    @BeforeEach
    void start() {
        cluster = new TestCluster("memory://counter", 2, Map.of(), new Examples());
    }

    @AfterEach
    void close() {
        chromium.closePages();
        cluster.close();
    }

    private Page open(int node, Browser.NewContextOptions options) {
        Page page = chromium.page(options);
        page.navigate("http://127.0.0.1:" + cluster.node(node).port() + "/examples/counter");
        return page;
    }

    private static void click(Page page, String button) {
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(button))
                .click();
    }

    @Test
    void stream_opens_again_after_a_proxy_has_answered_without_a_node() {
        Page ann = chromium.page(new Browser.NewContextOptions());
        AtomicInteger refused = new AtomicInteger();
        ann.route("**/_pages/stream*", route -> {
            if (refused.incrementAndGet() > 1) {
                route.resume();
            } else {
                route.fulfill(new Route.FulfillOptions().setStatus(502).setBody("no node"));
            }
        });
        ann.navigate("http://127.0.0.1:" + cluster.node(0).port() + "/examples/counter");
        Page bob = open(1, new Browser.NewContextOptions());

        click(bob, "Add 1");
        assertThat(ann.locator("output")).hasText("1");
        assertThat(refused.get()).isGreaterThan(1);
        assertThat(chromium.consoleErrors()).allMatch(error -> error.contains("502"));
    }

    @Test
    void browsers_on_two_nodes_share_the_count_and_not_the_step() {
        Page ann = open(0, new Browser.NewContextOptions());
        Page bob = open(1, new Browser.NewContextOptions());

        ann.getByLabel("Step").fill("5");
        click(ann, "Add 1");

        assertThat(ann.locator("output")).hasText("5");
        assertThat(ann.locator("#controls")).containsText("Add 5");
        assertThat(bob.locator("output")).hasText("5");
        click(bob, "Add 1");
        assertThat(ann.locator("output")).hasText("6");
        assertThat(bob.locator("output")).hasText("6");
        assertThat(bob.locator("#controls")).containsText("Add 1");
        assertThat(ann.url()).doesNotContain("context=");
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    @Test
    void wrong_input_is_explained_on_the_page_and_changes_nothing() {
        Page ann = open(0, new Browser.NewContextOptions());
        assertThat(ann.locator("turbo-stream-source")).hasCount(1);

        ann.getByLabel("Step").fill("1.5");
        ann.evaluate("document.querySelector('#field-step').type = 'text'");
        ann.getByLabel("Step").fill("many");
        click(ann, "Add 1");

        assertThat(ann.getByRole(AriaRole.ALERT)).containsText("must be a whole number");
        assertThat(ann.locator("output")).hasText("0");
        chromium.consoleErrors();
    }

    @Test
    void without_javascript_the_counter_works_with_reloads() {
        Page live = open(1, new Browser.NewContextOptions());
        Page plain = open(0, new Browser.NewContextOptions().setJavaScriptEnabled(false));

        plain.getByLabel("Step").fill("3");
        click(plain, "Add 1");

        assertThat(plain.locator("output")).hasText("3");
        assertThat(live.locator("output")).hasText("3");
        click(plain, "Add 3");
        assertThat(plain.locator("output")).hasText("6");
        assertThat(live.locator("output")).hasText("6");
    }

    @Test
    @Tag("clients")
    void page_is_accessible_on_phone_and_desktop_in_light_and_dark() {
        // axe-core is not of this site.
        Page page = open(0, new Browser.NewContextOptions().setBypassCSP(true));
        assertThat(page.locator("output")).hasText("0");
        for (ColorScheme scheme : new ColorScheme[] {ColorScheme.LIGHT, ColorScheme.DARK}) {
            for (int width : new int[] {390, 1280}) {
                page.setViewportSize(width, 800);
                page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
                page.screenshot(new Page.ScreenshotOptions()
                        .setPath(Path.of("target/counter-" + width + "-" + scheme + ".png")));
                assertThat(Axe.violations(page)).isEmpty();
            }
        }
    }
}
